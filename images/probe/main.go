// Probe is what scenarios run in pods: a server that says who answered, and small clients.
//
//	probe serve            HTTP on :8080 and HTTPS on :8443 (self-signed); POST /unhealthy makes /healthz answer 500
//	probe get URL [TIME]   print the body; exit 1 unless the answer is 200, within TIME (5s)
//	probe await URL [TIME] get URL until it is answered with 200; exit 1 if it is not within TIME (60s)
//	probe log N            print N numbered lines, then wait
//	probe write FILE TEXT  write TEXT to FILE, synced to disk, then wait
//	probe relay            serve, and connect who comes by a port-forward to 127.0.0.1:8082 to the address it names
//	probe answer STATUS    HTTP on :8080 that answers each request with STATUS and the text of the variable ANSWER;
//	                       with 0 it takes each request and says nothing, with 1 it hangs up, with 2 it sends
//	                       the head of an answer, a byte a second
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

var healthy atomic.Bool

type answer struct {
	Pod     string      `json:"pod"`
	Node    string      `json:"node"`
	Host    string      `json:"host"`
	Path    string      `json:"path"`
	Method  string      `json:"method"`
	TLS     bool        `json:"tls"`
	Headers http.Header `json:"headers"`
}

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		hostname, _ := os.Hostname()
		_ = json.NewEncoder(w).Encode(answer{hostname, os.Getenv("NODE_NAME"), r.Host, r.URL.RequestURI(), r.Method, r.TLS != nil, r.Header})
	})
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		if !healthy.Load() {
			http.Error(w, "unhealthy on request", http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("POST /unhealthy", func(http.ResponseWriter, *http.Request) { healthy.Store(false) })
	mux.HandleFunc("POST /healthy", func(http.ResponseWriter, *http.Request) { healthy.Store(true) })
	return mux
}

func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: "probe"},
		NotBefore:    time.Now().Add(-time.Minute),
		NotAfter:     time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

func serve() error {
	healthy.Store(true)
	certificate, err := selfSigned()
	if err != nil {
		return err
	}
	failed := make(chan error, 2)
	go func() { failed <- http.ListenAndServe(":8080", handler()) }()
	secure := &http.Server{Addr: ":8443", Handler: handler(), TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}}
	go func() { failed <- secure.ListenAndServeTLS("", "") }()
	fmt.Println("serving")
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	select {
	case err := <-failed:
		return err
	case <-stop:
		return nil
	}
}

func get(arguments []string) error {
	url, timeout := arguments[0], 5*time.Second
	if len(arguments) > 1 {
		given, err := time.ParseDuration(arguments[1])
		if err != nil {
			return err
		}
		timeout = given
	}
	response, err := (&http.Client{Timeout: timeout}).Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(os.Stdout, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, response.Status)
	}
	return nil
}

// await is for whoever asks at its start: network policies know a new pod a moment later than the pod itself.
func await(arguments []string) error {
	within := 60 * time.Second
	if len(arguments) > 1 {
		given, err := time.ParseDuration(arguments[1])
		if err != nil {
			return err
		}
		within = given
	}
	end := time.Now().Add(within)
	for pause := 250 * time.Millisecond; ; pause = min(2*pause, 4*time.Second) {
		err := get([]string{arguments[0]})
		if err == nil || time.Now().Add(pause).After(end) {
			return err
		}
		log.Print(err)
		time.Sleep(pause)
	}
}

func write(path, text string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		return err
	}
	return file.Sync()
}

func wait() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	<-stop
}

// commands maps each command to what it does; a file of this package adds its own in init.
var commands = map[string]func(arguments []string) error{
	"serve": func([]string) error { return serve() },
	"get":   get,
	"await": await,
	"log":   numbered,
	"write": func(arguments []string) error {
		if err := write(arguments[0], arguments[1]); err != nil {
			return err
		}
		fmt.Println("written")
		wait()
		return nil
	},
}

func numbered(arguments []string) error {
	count, err := strconv.Atoi(arguments[0])
	for line := 1; line <= count; line++ {
		fmt.Printf("line %d of %d\n", line, count)
	}
	if err == nil {
		wait()
	}
	return err
}

func main() {
	log.SetFlags(0)
	defer func() {
		if trouble := recover(); trouble != nil {
			log.Fatalf("wrong arguments %v: %v", os.Args[1:], trouble)
		}
	}()
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		log.Fatalf("usage: probe COMMAND ARGUMENT..., not %v", os.Args[1:])
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		log.Fatal(err)
	}
}
