package main

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

func TestRequestsAtOnceWaitForAServerThatTakesOneAtATime(t *testing.T) {
	var door sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		door.Lock()
		defer door.Unlock()
		time.Sleep(20 * time.Millisecond)
	}))
	defer server.Close()
	for atOnce, slow := range map[int]bool{1: false, 4: true} {
		seen, err := latency("POST", server.URL, 20, atOnce, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		if seen["statuses"].(map[int]int)[200] != 20 || (seen["p95"].(float64) > 60) != slow {
			t.Errorf("%d at once: saw %v", atOnce, seen)
		}
	}
}

func TestAServerThatIsNotThereIsAnError(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	if seen, err := latency("GET", server.URL, 5, 2, "", nil); err == nil {
		t.Errorf("expected an error, saw %v", seen)
	}
}
