package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/crypto/sha3"
)

// lifetime is how many seconds a challenge can be answered for.
const lifetime = 300

const table = `create table if not exists auth.grants (number bigint generated always as identity primary key,
	fingerprint bytea not null unique, wallet varchar(42) not null, given timestamptz not null default now(), ends timestamptz not null)`

var (
	isAddress   = regexp.MustCompile(`^0x[0-9a-fA-F]{40}$`)
	isSignature = regexp.MustCompile(`^0x[0-9a-fA-F]{128}(00|01|1b|1c|1B|1C)$`)
	nonceIn     = regexp.MustCompile(`\nNonce: ([0-9a-f]{8})([0-9a-f]{16})([0-9a-f]{32})\n`)
	refused     = errors.New("not a challenge of ours, or not signed by this wallet")
	parser      = jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired(), jwt.WithLeeway(10*time.Second), jwt.WithStrictDecoding())
)

func newChallenge(secret []byte, domain, address string) string {
	random := make([]byte, 8)
	rand.Read(random)
	return challengeOf(secret, domain, address, fmt.Sprintf("%08x%x", time.Now().Unix(), random))
}

// challengeOf writes the message (EIP-4361) whose nonce begins so: with a time in seconds, and 8 random bytes. The rest of
// the nonce proves that auth wrote the message, so that nothing has to be kept of it.
func challengeOf(secret []byte, domain, address, begins string) string {
	seconds, _ := strconv.ParseInt(begins[:8], 16, 64)
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "challenge %s %s %s", domain, address, begins)
	issued := time.Unix(seconds, 0).UTC()
	return fmt.Sprintf("%s wants you to sign in with your Ethereum account:\n%s\n\nProve that this wallet is yours.\n\n"+
		"URI: https://%s/\nVersion: 1\nChain ID: 1\nNonce: %s%x\nIssued At: %s\nExpiration Time: %s", domain, address, domain, begins,
		mac.Sum(nil)[:16], issued.Format(time.RFC3339), issued.Add(lifetime*time.Second).Format(time.RFC3339))
}

// check returns a message's nonce, if auth wrote it for this address lately, and the address's wallet signed it.
func check(secret []byte, domain, address, message, signature string) (string, error) {
	found := nonceIn.FindStringSubmatch(message)
	if found == nil || challengeOf(secret, domain, address, found[1]+found[2]) != message {
		return "", refused
	}
	seconds, _ := strconv.ParseInt(found[1], 16, 64)
	if age := time.Now().Unix() - seconds; age >= lifetime || age < -10 {
		return "", errors.New("this challenge is too old")
	}
	if signer, err := signerOf(message, signature); err != nil || !strings.EqualFold(signer, address) {
		return "", refused
	}
	return found[1] + found[2] + found[3], nil
}

// signerOf returns the address of the wallet that signed a message (EIP-191).
func signerOf(message, signature string) (string, error) {
	if !isSignature.MatchString(signature) {
		return "", refused
	}
	raw, _ := hex.DecodeString(signature[2:])
	text := fmt.Appendf(nil, "\x19Ethereum Signed Message:\n%d%s", len(message), message)
	key, _, err := ecdsa.RecoverCompact(append([]byte{27 + raw[64]%27}, raw[:64]...), keccak(text))
	if err != nil {
		return "", err
	}
	return "0x" + hex.EncodeToString(keccak(key.SerializeUncompressed()[1:])[12:]), nil
}

func keccak(data []byte) []byte {
	hash := sha3.NewLegacyKeccak256()
	hash.Write(data)
	return hash.Sum(nil)
}

func newKey() string { return "key-" + rand.Text() + rand.Text() }

// newSession signs a JWT for a wallet; it returns when it expires, too.
func newSession(secret []byte, domain, wallet string) (string, time.Time) {
	now := time.Now()
	ends := now.Add(20 * time.Minute).Truncate(time.Second)
	claims := jwt.MapClaims{"iss": domain, "sub": wallet, "jti": rand.Text(), "nbf": now.Unix(), "iat": now.Unix(), "exp": ends.Unix()}
	signed, _ := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
	return signed, ends
}

// whose returns whom a JWT speaks for, if it is signed with the secret and valid now.
func whose(secret []byte, token string) (string, error) {
	var claims jwt.RegisteredClaims
	_, err := parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return secret, nil })
	if err == nil && claims.Subject == "" {
		err = errors.New("nobody's token")
	}
	return claims.Subject, err
}

// store is the table auth.grants.
type store struct {
	pool *pgxpool.Pool
	// Health asks by connections of its own: writes may keep the others while they wait for the members' disks.
	pings    *pgxpool.Pool
	prepared atomic.Bool
}

// openStore returns at once; the table is made as soon as the database answers.
func openStore(url string) (*store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns, config.ConnConfig.ConnectTimeout = 6, 3*time.Second
	// A member that only follows is passed over.
	config.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return nil, err
	}
	forPings := config.Copy()
	forPings.MaxConns = 2
	pings, err := pgxpool.NewWithConfig(context.Background(), forPings)
	s := &store{pool: pool, pings: pings}
	go func() {
		// Both replicas may be making it: one of them then fails, and tries again.
		for err == nil && !s.prepared.Load() {
			failed := s.execute(context.Background(), table)
			if s.prepared.Store(failed == nil); failed != nil {
				slog.Warn("storage is not ready yet", "error", failed)
				time.Sleep(time.Second)
			}
		}
	}()
	return s, err
}

// execute tries again where the connection was one that the database had ended; it gives up on one that is silent.
func (s *store) execute(ctx context.Context, statement string, values ...any) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for range 8 {
		var told *pgconn.PgError
		if _, err = s.pool.Exec(ctx, statement, values...); err == nil || ctx.Err() != nil || errors.As(err, &told) && told.Code[:2] != "57" {
			break
		}
	}
	return err
}

func (s *store) answers(ctx context.Context) error {
	if !s.prepared.Load() {
		return errors.New("the table is not there yet")
	}
	return s.pings.Ping(ctx)
}

func (s *store) add(ctx context.Context, key, wallet string, ends time.Time) error {
	hash := sha256.Sum256([]byte(key))
	// A second try may follow a first that was heard, but not answered.
	return s.execute(ctx, "insert into auth.grants (fingerprint, wallet, ends) values ($1, $2, $3) on conflict do nothing", hash[:], wallet, ends)
}
