// The backend: GraphQL over HTTP, for clients whose tokens the authentication service knows. All settings come from the environment.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/graph-gophers/graphql-go"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const schema = `
	type Query {
		"What anybody may order."
		catalogue(first: Int = 50): Catalogue!
		"Who asks; only for those whom the authentication service knows."
		me: Caller!
	}
	type Catalogue { offers: [Offer!]! }
	type Offer { code: ID!, title: String! }
	type Caller { wallet: String!, greeting: String! }`

const tables = `
	create table if not exists backend.offers (code varchar(100) primary key, title text not null, since date not null default current_date);
	insert into backend.offers (code, title) values ('audit', 'An audit'), ('hosting', 'Hosting for a year'), ('party', 'A party')
	on conflict do nothing`

// isToken is what a bearer token may be made of (RFC 6750, 2.1).
var isToken = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

var errAway = errors.New("somebody this needs is away")

// asked is a request, as the resolvers know it: its Authorization header, and whether somebody was away.
type asked struct {
	authorization string
	away          atomic.Bool
}

type key struct{}

type backend struct {
	auth     string
	client   *http.Client
	pool     *pgxpool.Pool
	pings    *pgxpool.Pool
	prepared atomic.Bool
}

type offer struct {
	Code  graphql.ID
	Title string
}
type catalogue struct{ Offers []offer }
type caller struct{ Wallet, Greeting string }

func main() {
	level := slog.LevelDebug
	if os.Getenv("NODE_ENV") == "production" {
		level = slog.LevelInfo
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: level})))
	config, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil || os.Getenv("JWT_SECRET") == "" {
		slog.Error("cannot start: JWT_SECRET and DATABASE_URL have to be set")
		os.Exit(2)
	}
	config.MaxConns, config.ConnConfig.ConnectTimeout = 6, 3*time.Second
	// A member that only follows is passed over.
	config.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	pool, _ := pgxpool.NewWithConfig(context.Background(), config)
	// Health asks by connections of its own: queries may keep the others.
	forPings := config.Copy()
	forPings.MaxConns = 2
	pings, _ := pgxpool.NewWithConfig(context.Background(), forPings)
	b := &backend{strings.TrimRight(os.Getenv("AUTH_SERVICE_URL"), "/") + "/api/auth/validate", &http.Client{Timeout: 2 * time.Second}, pool, pings, atomic.Bool{}}
	go b.prepare()
	options := []graphql.SchemaOpt{graphql.UseFieldResolvers(), graphql.MaxDepth(16), graphql.MaxQueryLength(32 << 10), graphql.Logger(panics{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /up", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "up") })
	mux.HandleFunc("GET /health", b.health)
	mux.HandleFunc("POST /graphql", answer(graphql.MustParseSchema(schema, b, options...)))
	serve(mux)
}

type panics struct{}

func (panics) LogPanic(_ context.Context, value any) { slog.Error("panic", "value", value) }

// prepare makes the table as soon as the database answers; both replicas may be making it, so that one of them tries again.
func (b *backend) prepare() {
	for !b.prepared.Load() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		_, err := b.pool.Exec(ctx, tables, pgx.QueryExecModeSimpleProtocol)
		cancel()
		if b.prepared.Store(err == nil); err != nil {
			slog.Warn("database not ready yet", "error", err)
			time.Sleep(time.Second)
		}
	}
}

func (b *backend) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := b.pings.Ping(ctx); err != nil || !b.prepared.Load() {
		slog.Warn("not healthy", "error", err)
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	io.WriteString(w, "well")
}

// Catalogue tries again where the connection was one that the database had ended; it gives up on one that is silent.
func (b *backend) Catalogue(ctx context.Context, arguments struct{ First int32 }) (*catalogue, error) {
	short, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		rows, err := b.pool.Query(short, "select code, title from backend.offers order by since desc, code limit $1", max(0, arguments.First))
		if err == nil {
			var offers []offer
			if offers, err = pgx.CollectRows(rows, pgx.RowToStructByPos[offer]); err == nil {
				return &catalogue{offers}, nil
			}
		}
		var told *pgconn.PgError
		if short.Err() != nil || errors.As(err, &told) && told.Code[:2] != "57" {
			slog.Error("the database is away", "error", err)
			return nil, away(ctx)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Me is for those whom the authentication service knows.
func (b *backend) Me(ctx context.Context) (*caller, error) {
	scheme, token, _ := strings.Cut(ctx.Value(key{}).(*asked).authorization, " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "bearer") || len(token) > 8192 || !isToken.MatchString(token) {
		return nil, errors.New("Unauthorized")
	}
	wallet, err := b.validated(ctx, token)
	if err != nil {
		slog.Warn("auth service cannot be reached", "error", err)
		return nil, away(ctx)
	}
	if wallet == "" {
		return nil, errors.New("Unauthorized")
	}
	var count int
	short, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := b.pool.QueryRow(short, "select count(*) from backend.offers").Scan(&count); err != nil {
		slog.Error("the database is away", "error", err)
		return nil, away(ctx)
	}
	return &caller{wallet, fmt.Sprintf("Welcome! Choose among %d offers.", count)}, nil
}

func away(ctx context.Context) error {
	ctx.Value(key{}).(*asked).away.Store(true)
	return errAway
}

// validated returns whom a token speaks for, or nothing if auth says no. What is neither yes nor no is an error.
func (b *backend) validated(ctx context.Context, token string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.auth, nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	// Asking twice does no harm: the client may do so where a kept connection had been closed (net/http, Transport).
	request.Header["Idempotency-Key"] = nil
	answer, err := b.client.Do(request)
	if errors.Is(err, syscall.ECONNREFUSED) {
		// Network policies know a new pod a moment later than the pod itself.
		time.Sleep(500 * time.Millisecond)
		answer, err = b.client.Do(request)
	}
	if wrapped := (&url.Error{}); errors.As(err, &wrapped) {
		return "", wrapped.Err
	}
	defer answer.Body.Close()
	var said struct {
		Active   *bool
		Username string
	}
	err = json.NewDecoder(io.LimitReader(answer.Body, 64<<10)).Decode(&said)
	slog.Debug("auth was asked", "status", answer.StatusCode)
	switch {
	case answer.StatusCode == http.StatusUnauthorized:
		return "", nil
	case answer.StatusCode != http.StatusOK || err != nil || said.Active == nil || *said.Active && said.Username == "":
		return "", fmt.Errorf("no answer that can be understood, status %d", answer.StatusCode)
	case *said.Active:
		return said.Username, nil
	}
	return "", nil
}

// answer takes JSON in UTF-8 by POST alone; refusals that are GraphQL's have status 200.
func answer(graph *graphql.Schema) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// The whole body is read: a client that still sends may not hear an answer.
		text, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
		rest, failed := io.Copy(io.Discard, io.LimitReader(r.Body, 16<<20))
		kind, of, malformed := mime.ParseMediaType(r.Header.Get("Content-Type"))
		charset := strings.ToLower(of["charset"])
		var sent struct {
			Query, OperationName string
			Variables            map[string]any
		}
		switch {
		case rest > 0 || err != nil || failed != nil:
			http.Error(w, "too long, or incomplete", http.StatusRequestEntityTooLarge)
		case malformed != nil || kind != "application/json" || charset != "" && charset != "utf-8":
			http.Error(w, "JSON in UTF-8, please", http.StatusUnsupportedMediaType)
		case json.Unmarshal(text, &sent) != nil || sent.Query == "":
			http.Error(w, "not a GraphQL request", http.StatusBadRequest)
		default:
			known := &asked{authorization: r.Header.Get("Authorization")}
			said := graph.Exec(context.WithValue(r.Context(), key{}, known), sent.Query, sent.OperationName, sent.Variables)
			w.Header().Set("Content-Type", "application/graphql-response+json")
			if known.away.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			json.NewEncoder(w).Encode(said)
		}
	}
}

// serve serves until SIGTERM; requests that have begun are finished. What was asked for is not logged.
func serve(routes http.Handler) {
	logged := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		routes.ServeHTTP(w, r)
		slog.Debug("answered", "method", r.Method)
	})
	// Longer than the 90 s after which Traefik drops an idle connection: it must not send into one that ends here.
	server := &http.Server{Addr: ":4000", Handler: logged, IdleTimeout: 2 * time.Minute}
	ended, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	done := make(chan error)
	context.AfterFunc(ended, func() { done <- server.Shutdown(context.Background()) })
	slog.Info("listening", "address", server.Addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		slog.Error("cannot listen", "error", err)
		os.Exit(1)
	}
	<-done
}
