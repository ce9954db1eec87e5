package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func throughRelay(t *testing.T, target string) net.Conn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go serveRelay(listener)
	connection, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(connection, "%s\n", target)
	return connection
}

func TestRelayConnectsToWhatIsNamed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "here") }))
	defer server.Close()
	connection := throughRelay(t, server.Listener.Addr().String())
	fmt.Fprint(connection, "GET / HTTP/1.0\r\n\r\n")
	seen, _ := io.ReadAll(connection)
	if text := string(seen); !strings.HasPrefix(text, "ok\nHTTP/1.0 200") || !strings.HasSuffix(text, "here") {
		t.Errorf("saw %q", text)
	}
}

func TestRelaySaysWhyItCannotConnect(t *testing.T) {
	listener, _ := net.Listen("tcp", "127.0.0.1:0")
	nobody := listener.Addr().String()
	listener.Close()
	seen, _ := io.ReadAll(throughRelay(t, nobody))
	if !strings.Contains(string(seen), "connection refused") {
		t.Errorf("saw %q", seen)
	}
}

func TestFixedAnswerWritesDownWhoAsked(t *testing.T) {
	var lines bytes.Buffer
	request := httptest.NewRequest("POST", "/api/auth/validate", nil)
	request.Header.Set("Authorization", "Bearer secret")
	recorder := httptest.NewRecorder()
	fixedAnswer(401, `{"valid": false}`, &lines).ServeHTTP(recorder, request)
	if recorder.Code != 401 || recorder.Body.String() != `{"valid": false}` {
		t.Errorf("saw %d %s", recorder.Code, recorder.Body)
	}
	if text := lines.String(); !strings.Contains(text, `"path":"/api/auth/validate"`) || strings.Contains(text, "secret") {
		t.Errorf("wrote %s", text)
	}
}

func TestWhoIsSilentTakesTheRequestAndGivesNoAnswer(t *testing.T) {
	var lines strings.Builder
	server := httptest.NewServer(fixedAnswer(silent, "never said", &lines))
	defer server.Close()
	client := http.Client{Timeout: 200 * time.Millisecond}
	_, err := client.Post(server.URL, "application/json", strings.NewReader("{}"))
	var late net.Error
	if !errors.As(err, &late) || !late.Timeout() {
		t.Fatalf("expected a timeout, saw %v", err)
	}
	if !strings.Contains(lines.String(), "POST") {
		t.Fatalf("the request was not written down: %q", lines.String())
	}
}

func TestATokenInTheBodyIsWrittenDownAsItsHash(t *testing.T) {
	var lines bytes.Buffer
	request := httptest.NewRequest("POST", "/", strings.NewReader(`{"token": "secret", "other": 1}`))
	fixedAnswer(200, "", &lines).ServeHTTP(httptest.NewRecorder(), request)
	if text := lines.String(); strings.Contains(text, "secret") || !strings.Contains(text, `"texts":["2bb80d537b1da3e38bd30361aa855686`) {
		t.Errorf("saw %s", text)
	}
}

func TestAnAnswerThatTricklesNeverEndsForWhoeverWaitsForEachByte(t *testing.T) {
	pause = time.Millisecond
	server := httptest.NewServer(fixedAnswer(trickles, "", io.Discard))
	defer server.Close()
	client := http.Client{Timeout: 200 * time.Millisecond}
	if answer, err := client.Get(server.URL); err == nil {
		t.Errorf("saw %v", answer)
	}
}
