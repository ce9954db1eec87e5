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

// fixedAnswer gives every request the same answer, and writes down who asked for what; of a credential its SHA-256.
// Who takes a request and never answers it is silent; who hangs up closes the connection instead.
const (
	silent  = 0
	hangsUp = 1
)

func fixedAnswer(status int, body string, lines io.Writer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		credential := sha256.Sum256([]byte(r.Header.Get("Authorization")))
		_ = json.NewEncoder(lines).Encode(map[string]any{
			"method": r.Method, "path": r.URL.Path, "from": r.RemoteAddr, "credential": fmt.Sprintf("%x", credential),
		})
		if status == silent {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			return
		}
		if status == hangsUp {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}
