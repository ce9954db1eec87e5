package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	redisTimeout = 3 * time.Second
	redisMaximum = 20000
	redisBeat    = 5 * time.Millisecond
	redisStill   = 50 * time.Millisecond
)

func init() {
	commands["redis"] = func(arguments []string) error { return redisDo(setting(arguments[0]), arguments[1:]) }
	commands["redis-latency"] = func(arguments []string) error {
		count, err := strconv.Atoi(arguments[2])
		if err != nil {
			return err
		}
		return redisLatency(setting(arguments[0]), arguments[1], min(count, redisMaximum))
	}
}

func redisClient(url string) (*redis.Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("this is no URL of a Redis")
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = redisTimeout, redisTimeout, redisTimeout
	options.MaxRetries, options.PoolSize, options.Protocol, options.DisableIdentity = -1, 1, 2, true
	options.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, redisTimeout)
		defer cancel()
		return dial(ctx, network, address)
	}
	client := redis.NewClient(options)
	if err := client.Ping(context.Background()).Err(); err != nil && strings.Contains(err.Error(), "without any password configured") {
		// A server that asks for no password serves a client that has one; whether it should is judged elsewhere.
		client.Close()
		options.Password = ""
		client = redis.NewClient(options)
	}
	return client, nil
}

// redisDo sends one command and prints the reply as JSON.
func redisDo(url string, arguments []string) error {
	client, err := redisClient(url)
	if err != nil {
		return err
	}
	defer client.Close()
	command := make([]any, len(arguments))
	for index, argument := range arguments {
		command[index] = argument
	}
	reply, err := client.Do(context.Background(), command...).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(reply)
}

// redisLatency reads a key at every beat over one connection and prints how long the reads took, in milliseconds, and how
// many ended so long after their beat that the server stood still. A server that stands still for half a second is one
// slow read, and a hundred that wait for it. Beats that this process itself was too slow for come later.
func redisLatency(url, key string, count int) error {
	client, err := redisClient(url)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx := context.Background()
	if err := client.Ping(ctx).Err(); err != nil {
		return err
	}
	beats := make(chan time.Time, count)
	go func() {
		defer close(beats)
		for range count {
			beats <- time.Now()
			time.Sleep(redisBeat)
		}
	}()
	times, waited := make([]float64, 0, count), 0
	for beat := range beats {
		began := time.Now()
		if err := client.Get(ctx, key).Err(); err != nil {
			return fmt.Errorf("GET %s: %w", key, err)
		}
		times = append(times, float64(time.Since(began).Microseconds())/1e3)
		if time.Since(beat) > redisStill {
			waited++
		}
	}
	sort.Float64s(times)
	at := func(share float64) float64 { return times[min(int(share*float64(count)), count-1)] }
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"count": count, "p50": at(0.50), "p95": at(0.95), "p99": at(0.99), "max": times[count-1], "waited": waited,
	})
}
