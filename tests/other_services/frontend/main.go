// The frontend: the files of a static export of Next.js, from the folder that the first argument names.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path"
	"strings"
	"syscall"
	"time"
)

// types are the media types by extension: pages say their charset in the document.
var types = map[string]string{
	".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain",
}

type file struct {
	content                []byte
	kind, tag, keep, moved string
}

// read reads every file below a folder, by path: a page is at that of its folder, and without the slash a redirect is.
func read(folder fs.FS) (map[string]file, error) {
	found := map[string]file{}
	return found, fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(folder, name)
		made := file{content, types[path.Ext(name)], fmt.Sprintf(`"%x"`, sha256.Sum256(content)), "no-cache", ""}
		if strings.HasPrefix(name, "_next/static/") {
			made.keep = "public, max-age=31536000, immutable"
		}
		found["/"+name] = made
		if page, is := strings.CutSuffix("/"+name, "/index.html"); is {
			found[page], found[page+"/"] = file{moved: page + "/", keep: "no-cache"}, made
		}
		return err
	})
}

func handler(files map[string]file) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		found, is := files[r.URL.Path]
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
		case !is || r.URL.Path == "/404.html":
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusNotFound)
			w.Write(files["/404.html"].content)
		case found.moved != "":
			w.Header().Set("Cache-Control", found.keep)
			target := url.URL{Path: found.moved, RawQuery: r.URL.RawQuery}
			http.Redirect(w, r, target.String(), http.StatusPermanentRedirect)
		default:
			w.Header().Set("Content-Type", found.kind)
			w.Header().Set("Cache-Control", found.keep)
			w.Header().Set("ETag", found.tag)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(found.content))
		}
	}
}

func main() {
	files, err := read(os.DirFS(os.Args[1]))
	if err != nil {
		slog.Error("cannot read the site", "error", err)
		os.Exit(1)
	}
	// Longer than the 90 s after which Traefik drops an idle connection: it must not send into one that ends here.
	server := &http.Server{Addr: ":3000", Handler: handler(files), IdleTimeout: 2 * time.Minute}
	ended, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	done := make(chan error)
	context.AfterFunc(ended, func() { done <- server.Shutdown(context.Background()) })
	slog.Info("listening", "address", server.Addr, "files", len(files))
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		slog.Error("cannot listen", "error", err)
		os.Exit(1)
	}
	<-done
}
