package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// One request, and many in a row, as JSON:
//
//	probe http METHOD URL [BODY] [HEADER: VALUE]...
//	probe http-latency METHOD URL N AT_ONCE [BODY] [HEADER: VALUE]...

func init() {
	commands["http"] = func(arguments []string) error {
		body, headers := bodyAndHeaders(arguments[2:])
		reply, err := ask(httpClient(), arguments[0], arguments[1], body, headers)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(reply)
	}
	commands["http-latency"] = func(arguments []string) error {
		count, err := strconv.Atoi(arguments[2])
		if err != nil || count < 1 || count > 1000 {
			return fmt.Errorf("between 1 and 1000 requests, not %s", arguments[2])
		}
		atOnce, err := strconv.Atoi(arguments[3])
		if err != nil || atOnce < 1 || atOnce > 32 {
			return fmt.Errorf("between 1 and 32 at once, not %s", arguments[3])
		}
		body, headers := bodyAndHeaders(arguments[4:])
		figures, err := latency(arguments[0], arguments[1], count, atOnce, body, headers)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(figures)
	}
}

type reply struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

func bodyAndHeaders(arguments []string) (string, []string) {
	if len(arguments) == 0 {
		return "", nil
	}
	return arguments[0], arguments[1:]
}

func ask(client *http.Client, method, url, body string, headers []string) (reply, error) {
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ":")
		request.Header.Set(name, strings.TrimSpace(value))
	}
	response, err := client.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return reply{}, err
	}
	seen := reply{response.StatusCode, map[string]string{}, string(text)}
	for name, values := range response.Header {
		seen.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return seen, nil
}

// latency makes `count` requests, each once the one before it was answered, on a kept connection, as a service does
// that calls another; or on `atOnce` such connections, which share the requests.
func latency(method, url string, count, atOnce int, body string, headers []string) (map[string]any, error) {
	var left atomic.Int64
	left.Store(int64(count))
	statuses, took := map[int]int{}, []float64{}
	var first error
	var own sync.Mutex
	var callers sync.WaitGroup
	for range atOnce {
		client := httpClient()
		callers.Go(func() {
			for left.Add(-1) >= 0 {
				began := time.Now()
				seen, err := ask(client, method, url, body, headers)
				milliseconds := math.Round(float64(time.Since(began).Microseconds())/10) / 100
				own.Lock()
				if err != nil {
					first = errors.Join(first, err)
					left.Store(0)
				}
				took = append(took, milliseconds)
				statuses[seen.Status]++
				own.Unlock()
			}
		})
	}
	callers.Wait()
	if first != nil {
		return nil, first
	}
	slices.Sort(took)
	return map[string]any{
		"count": count, "at once": atOnce, "statuses": statuses, "p50": percentile(took, 50),
		"p95": percentile(took, 95), "p99": percentile(took, 99), "max": took[len(took)-1], "unit": "milliseconds",
	}, nil
}

// percentile is the smallest value that `share` percent of the sorted values do not exceed.
func percentile(sorted []float64, share int) float64 {
	return sorted[max(0, (len(sorted)*share+99)/100-1)]
}
