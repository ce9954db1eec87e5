package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A pod is young for so long: network policies know it a moment later than the pod itself.
const (
	youth     = 10 * time.Second
	askAgain  = 100 * time.Millisecond
	tickHertz = 100
)

// dial connects. Whoever refuses a young pod is asked again: what a policy answers it then is no answer of the server.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	return dialFor(ctx, network, address, youth-podAge())
}

func dialFor(ctx context.Context, network, address string, patience time.Duration) (net.Conn, error) {
	end := time.Now().Add(patience)
	for {
		connection, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if !errors.Is(err, syscall.ECONNREFUSED) || time.Now().After(end) {
			return connection, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(askAgain):
		}
	}
}

// podAge is how long the pod's first process has been running; a pod whose age does not show is old.
func podAge() time.Duration {
	stat, err := os.ReadFile("/proc/1/stat")
	uptime, failed := os.ReadFile("/proc/uptime")
	if err != nil || failed != nil {
		return youth
	}
	// The name, in brackets, may have spaces in it; the 20th field after it is the start, in ticks since the machine's.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	ticks, err := strconv.ParseFloat(fields[19], 64)
	seconds, failed := strconv.ParseFloat(strings.Fields(string(uptime))[0], 64)
	if err != nil || failed != nil {
		return youth
	}
	return time.Duration((seconds - ticks/tickHertz) * float64(time.Second))
}

// httpClient is a client of HTTP that connects so.
func httpClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = dial
	return &http.Client{Timeout: 15 * time.Second, Transport: transport}
}
