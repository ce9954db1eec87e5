// Probe is what scenarios run in pods: a server that says who answered, and small clients.
//
//	probe serve            HTTP on :8080 and HTTPS on :8443 (self-signed); POST /unhealthy makes /healthz answer 500
//	probe get URL          print the body; exit 1 unless the answer is 200
//	probe log N            print N numbered lines, then wait
//	probe write FILE TEXT  write TEXT to FILE, synced to disk, then wait
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

func get(url string) error {
	client := &http.Client{Timeout: 5 * time.Second}
	response, err := client.Get(url)
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

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: probe serve | get URL | log N | write FILE TEXT")
	}
	var err error
	switch {
	case os.Args[1] == "serve":
		err = serve()
	case os.Args[1] == "get" && len(os.Args) == 3:
		err = get(os.Args[2])
	case os.Args[1] == "log" && len(os.Args) == 3:
		count, _ := strconv.Atoi(os.Args[2])
		for line := 1; line <= count; line++ {
			fmt.Printf("line %d of %d\n", line, count)
		}
		wait()
	case os.Args[1] == "write" && len(os.Args) == 4:
		if err = write(os.Args[2], os.Args[3]); err == nil {
			fmt.Println("written")
			wait()
		}
	default:
		err = fmt.Errorf("unknown command %v", os.Args[1:])
	}
	if err != nil {
		log.Fatal(err)
	}
}
