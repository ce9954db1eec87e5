package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// relayAddress is on the loopback: only a port-forward to this pod reaches it.
const relayAddress = "127.0.0.1:8082"

// relay answers a line HOST:PORT with "ok", or with what went wrong, and connects the client to that address.
func init() {
	commands["relay"] = func([]string) error {
		listener, err := net.Listen("tcp", relayAddress)
		if err != nil {
			return err
		}
		go serveRelay(listener)
		return serve()
	}
	commands["answer"] = func(arguments []string) error {
		status, err := strconv.Atoi(arguments[0])
		if err != nil {
			return err
		}
		return http.ListenAndServe(":8080", fixedAnswer(status, os.Getenv("ANSWER"), os.Stdout))
	}
}

func serveRelay(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		go relayOne(client)
	}
}

func relayOne(client net.Conn) {
	defer client.Close()
	reader := bufio.NewReader(client)
	line, err := reader.ReadString('\n')
	if err != nil {
		return
	}
	within, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	server, err := dial(within, "tcp", strings.TrimSpace(line))
	if err != nil {
		fmt.Fprintf(client, "%s\n", err)
		return
	}
	defer server.Close()
	fmt.Fprintln(client, "ok")
	ended := make(chan struct{}, 2)
	pipe := func(to net.Conn, from io.Reader) {
		_, _ = io.Copy(to, from)
		if half, can := to.(*net.TCPConn); can {
			_ = half.CloseWrite()
		}
		ended <- struct{}{}
	}
	go pipe(server, reader)
	go pipe(client, server)
	<-ended
	<-ended
}

// fixedAnswer gives every request the same answer, and writes down who asked for what; of a credential its SHA-256, and of
// each text in a body that is a JSON object, since a credential may be one of them.
// Who takes a request and never answers it is silent; who hangs up closes the connection instead; who trickles sends
// the head of an answer, one byte after the other, until the client has enough of it.
const (
	silent   = 0
	hangsUp  = 1
	trickles = 2
)

// pause is how long one who trickles waits after each byte: less than any client waits for the next one.
var pause = time.Second

func fixedAnswer(status int, body string, lines io.Writer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		credential := sha256.Sum256([]byte(r.Header.Get("Authorization")))
		sent, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
		_ = json.NewEncoder(lines).Encode(map[string]any{
			"method": r.Method, "path": r.URL.Path, "from": r.RemoteAddr, "credential": fmt.Sprintf("%x", credential),
			"texts": hashesOf(sent),
		})
		if status == silent {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			return
		}
		if status == hangsUp {
			panic(http.ErrAbortHandler)
		}
		if status == trickles {
			trickle(w)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func trickle(w http.ResponseWriter) {
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	sent := []byte("HTTP/1.1 200 OK\r\nX-Slow: ")
	for next := 0; ; next++ {
		letter := byte('a')
		if next < len(sent) {
			letter = sent[next]
		}
		if _, err := client.Write([]byte{letter}); err != nil {
			return
		}
		time.Sleep(pause)
	}
}

func hashesOf(body []byte) []string {
	found, fields := []string{}, map[string]any{}
	_ = json.Unmarshal(body, &fields)
	for _, value := range fields {
		if text, is := value.(string); is {
			found = append(found, fmt.Sprintf("%x", sha256.Sum256([]byte(text))))
		}
	}
	return found
}
