// The authentication service: it writes the message that a wallet signs. All settings come from the environment.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// service answers requests; `header` tells its clients apart, or their address if it is empty.
type service struct {
	secret  []byte
	domain  string
	header  string
	allowed int64
	window  time.Duration
	store   *store
	redis   *redis.Client
}

func main() {
	options, err := redis.ParseURL(os.Getenv("REDIS_URL"))
	store, failed := openStore(os.Getenv("DATABASE_URL"))
	if err != nil || failed != nil || os.Getenv("JWT_SECRET") == "" {
		slog.Error("cannot start: JWT_SECRET, DATABASE_URL and REDIS_URL have to be set")
		os.Exit(2)
	}
	options.DialTimeout, options.ReadTimeout, options.MaxRetries = 2*time.Second, 2*time.Second, 1
	domain, _, _ := strings.Cut(os.Getenv("SIWE_DOMAINS"), ",")
	window := time.Duration(number("CALLS_SECONDS", 60)) * time.Second
	s := &service{[]byte(os.Getenv("JWT_SECRET")), domain, os.Getenv("CALLER_HEADER"), number("CALLS_ALLOWED", 20), window,
		store, redis.NewClient(options)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /up", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "up") })
	mux.HandleFunc("GET /health", s.health)
	mux.HandleFunc("GET /api/health", s.health)
	mux.HandleFunc("POST /challenge", s.challenge)
	mux.HandleFunc("POST /api/auth/siwe", s.signIn)
	mux.HandleFunc("POST /api/auth/validate", s.validate)
	serve(mux, number("PORT", 3001))
}

func number(name string, fallback int64) int64 {
	if value, err := strconv.ParseInt(os.Getenv(name), 10, 64); err == nil {
		return value
	}
	return fallback
}

func (s *service) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := errors.Join(s.store.answers(ctx), s.redis.Ping(ctx).Err()); err != nil {
		unavailable(w, err)
		return
	}
	io.WriteString(w, "fine")
}

// challenge is not limited: it costs nothing, since nothing is kept of it.
func (s *service) challenge(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Address string }
	if !read(w, r, &asked) {
		return
	}
	if !isAddress.MatchString(asked.Address) {
		http.Error(w, "not an address", http.StatusUnprocessableEntity)
		return
	}
	answer(w, map[string]any{"text": newChallenge(s.secret, s.domain, asked.Address), "expiresIn": lifetime})
}

func (s *service) signIn(w http.ResponseWriter, r *http.Request) {
	if !s.within(w, r) {
		return
	}
	var signed struct{ Address, Message, Signature string }
	if !read(w, r, &signed) {
		return
	}
	nonce, err := check(s.secret, s.domain, signed.Address, signed.Message, signed.Signature)
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	// A challenge is worth one sign-in: the first that gets here takes its nonce.
	first, err := s.redis.SetNX(r.Context(), "spent/"+nonce, "1", (lifetime+60)*time.Second).Result()
	if err == nil && !first {
		http.Error(w, "this challenge was answered before", http.StatusForbidden)
		return
	}
	key, wallet, until := newKey(), strings.ToLower(signed.Address), time.Now().Add(30*24*time.Hour)
	if err == nil {
		err = s.store.add(r.Context(), key, wallet, until)
	}
	if err != nil {
		unavailable(w, err)
		return
	}
	session, ends := newSession(s.secret, s.domain, wallet)
	answer(w, map[string]any{"apiToken": key, "goodUntil": until.Unix(), "session": session, "sessionUntil": ends.UnixMilli()})
}

// validate always answers with 200: its word is in the body.
func (s *service) validate(w http.ResponseWriter, r *http.Request) {
	if _, ok := body(w, r); !ok {
		return
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	user, err := whose(s.secret, strings.TrimSpace(token))
	said := map[string]any{"active": strings.EqualFold(scheme, "bearer") && err == nil}
	if said["active"] == true {
		said["username"] = user
	}
	answer(w, said)
}

// within counts a client's call; over the limit, or without Redis, it answers itself.
func (s *service) within(w http.ResponseWriter, r *http.Request) bool {
	client, _, _ := net.SplitHostPort(r.RemoteAddr)
	if named := r.Header.Get(s.header); s.header != "" && named != "" {
		client = named[:min(len(named), 128)]
	}
	key, pipe := "calls/"+client, s.redis.TxPipeline()
	count, _, left := pipe.Incr(r.Context(), key), pipe.ExpireNX(r.Context(), key, s.window), pipe.TTL(r.Context(), key)
	if _, err := pipe.Exec(r.Context()); err != nil {
		unavailable(w, err)
		return false
	}
	if count.Val() > s.allowed {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(left.Val().Seconds()))))
		http.Error(w, "come back later", http.StatusTooManyRequests)
	}
	return count.Val() <= s.allowed
}

// body reads the whole of a body, as a client that still sends may not hear an answer; false if it answered itself.
func body(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	text, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	rest, failed := io.Copy(io.Discard, io.LimitReader(r.Body, 16<<20))
	if rest > 0 || err != nil || failed != nil {
		http.Error(w, "too long, or incomplete", http.StatusRequestEntityTooLarge)
		return nil, false
	}
	return text, true
}

// read reads a JSON object; false if it answered itself.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	text, ok := body(w, r)
	if ok && json.Unmarshal(text, into) != nil {
		http.Error(w, "not what this takes", http.StatusBadRequest)
		return false
	}
	return ok
}

func answer(w http.ResponseWriter, content map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(content)
}

func unavailable(w http.ResponseWriter, err error) {
	slog.Error("storage is away", "error", err)
	http.Error(w, "not now", http.StatusServiceUnavailable)
}

// serve serves until SIGTERM; requests that have begun are finished. What was asked for is not logged.
func serve(routes http.Handler, port int64) {
	logged := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		routes.ServeHTTP(w, r)
		if !strings.HasPrefix(r.UserAgent(), "kube-probe") {
			slog.Info("answered", "method", r.Method)
		}
	})
	// Longer than the 90 s after which Traefik drops an idle connection: it must not send into one that ends here.
	server := &http.Server{Addr: ":" + strconv.FormatInt(port, 10), Handler: logged, IdleTimeout: 2 * time.Minute}
	ended, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	done := make(chan error)
	context.AfterFunc(ended, func() { done <- server.Shutdown(context.Background()) })
	slog.Info("listening", "port", port)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		slog.Error("cannot listen", "error", err)
		os.Exit(1)
	}
	<-done
}
