package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// One request, and many in a row, as JSON:
//
//	probe http METHOD URL [BODY] [HEADER: VALUE]...
//	probe http-latency METHOD URL N [BODY] [HEADER: VALUE]...

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
		body, headers := bodyAndHeaders(arguments[3:])
		return latency(arguments[0], arguments[1], count, body, headers)
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

// latency makes requests one after another on a kept connection, as a service does that calls another.
func latency(method, url string, count int, body string, headers []string) error {
	client := httpClient()
	statuses := map[int]int{}
	var took []float64
	for range count {
		began := time.Now()
		seen, err := ask(client, method, url, body, headers)
		if err != nil {
			return err
		}
		took = append(took, math.Round(float64(time.Since(began).Microseconds())/10)/100)
		statuses[seen.Status]++
	}
	slices.Sort(took)
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"count": count, "statuses": statuses, "p50": percentile(took, 50), "p95": percentile(took, 95),
		"p99": percentile(took, 99), "max": took[len(took)-1], "unit": "milliseconds",
	})
}

// percentile is the smallest value that `share` percent of the sorted values do not exceed.
func percentile(sorted []float64, share int) float64 {
	return sorted[max(0, (len(sorted)*share+99)/100-1)]
}
