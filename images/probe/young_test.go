package main

import (
	"context"
	"net"
	"testing"
	"time"
)

func unused(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestWhoeverRefusesAYoungPodIsAskedAgain(t *testing.T) {
	address := unused(t)
	listening := make(chan net.Listener, 1)
	go func() {
		time.Sleep(300 * time.Millisecond)
		listener, _ := net.Listen("tcp", address)
		listening <- listener
	}()
	connection, err := dialFor(context.Background(), "tcp", address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	connection.Close()
	(<-listening).Close()
}

func TestARefusalOfAnOldPodIsAnAnswer(t *testing.T) {
	began := time.Now()
	if _, err := dialFor(context.Background(), "tcp", unused(t), -time.Second); err == nil || time.Since(began) > time.Second {
		t.Errorf("saw %v after %v", err, time.Since(began))
	}
}

func TestPodsHaveAnAge(t *testing.T) {
	if age := podAge(); age <= 0 {
		t.Errorf("saw %v", age)
	}
}
