package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Every call on the database has a time-out of its own: a write load that hangs would measure itself.
const (
	sqlTimeout = time.Second
	sqlPause   = 10 * time.Millisecond
	sqlMaximum = 10 * time.Minute
)

// sqlWrite is one line of what sql-write prints.
type sqlWrite struct {
	ID    int64   `json:"id"`
	At    float64 `json:"at"`
	Took  float64 `json:"ms"`
	Error string  `json:"error,omitempty"`
}

func init() {
	commands["pass"] = func([]string) error { return nil }
	commands["stop"] = func([]string) error { return syscall.Kill(1, syscall.SIGTERM) }
	commands["sql-query"] = func(arguments []string) error { return sqlQuery(setting(arguments[0]), arguments[1]) }
	commands["sql-write"] = func(arguments []string) error {
		seconds, err := strconv.Atoi(arguments[2])
		if err != nil {
			return err
		}
		return sqlWrites(setting(arguments[0]), arguments[1], min(time.Duration(seconds)*time.Second, sqlMaximum))
	}
}

// setting is `text`, or for env:NAME the value of that variable: so no password has to be an argument.
func setting(text string) string {
	if name, found := strings.CutPrefix(text, "env:"); found {
		return os.Getenv(name)
	}
	return text
}

func sqlConnect(ctx context.Context, url string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("this is no URL of a database")
	}
	config.ConnectTimeout, config.DialFunc = sqlTimeout, dial
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	connection, err := pgx.ConnectConfig(ctx, config)
	return connection, sqlError(err)
}

// sqlError is what the server or the network said, without the connection's settings that pgx puts before it.
func sqlError(err error) error {
	var refusal *pgconn.PgError
	if errors.As(err, &refusal) {
		return fmt.Errorf("%s: %s", refusal.Code, refusal.Message)
	}
	return err
}

// sqlQuery prints the rows of a statement as a list of lists.
func sqlQuery(url, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	connection, err := sqlConnect(ctx, url)
	if err != nil {
		return err
	}
	defer connection.Close(ctx)
	rows, err := connection.Query(ctx, statement)
	if err != nil {
		return sqlError(err)
	}
	found := [][]any{}
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return err
		}
		found = append(found, values)
	}
	if err := rows.Err(); err != nil {
		return sqlError(err)
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}

// sqlWrites inserts one id after another into a table (column id) until its time is over or it is told to stop.
// Each prints a line: an id without an error was acknowledged, at that Unix time. A refused one is not tried again.
func sqlWrites(url, table string, limit time.Duration) error {
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	stop, expire := context.WithTimeout(stop, limit)
	defer expire()
	lines := json.NewEncoder(os.Stdout)
	statement := "INSERT INTO " + table + " (id) VALUES ($1)"
	var connection *pgx.Conn
	for id := int64(1); stop.Err() == nil; id++ {
		began := time.Now()
		ctx, done := context.WithTimeout(context.Background(), sqlTimeout)
		var err error
		if connection == nil {
			connection, err = sqlConnect(ctx, url)
		}
		if err == nil {
			_, err = connection.Exec(ctx, statement, id)
		}
		done()
		now := time.Now()
		line := sqlWrite{ID: id, At: float64(now.UnixMicro()) / 1e6, Took: float64(now.Sub(began).Microseconds()) / 1e3}
		if err != nil {
			line.Error = sqlError(err).Error()
			if connection != nil {
				// The old connection may lead to who is no leader any more.
				closing, closed := context.WithTimeout(context.Background(), 100*time.Millisecond)
				_ = connection.Close(closing)
				closed()
				connection = nil
			}
		}
		if err := lines.Encode(line); err != nil {
			return err
		}
		select {
		case <-stop.Done():
		case <-time.After(sqlPause):
		}
	}
	return nil
}
