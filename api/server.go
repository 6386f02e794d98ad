package api

import (
	"log/slog"
	"net/http"
	"time"
)

// Server returns an http.Server for a handler made by New, with timeouts that
// stop clients who only hold a connection. There is no timeout for reading or
// writing as a whole: bodies have their own (30 s; in an upload, for each piece),
// and one on the connection would end the context of a request that waits for
// a slow embedder. Errors of connections go to log, if it is not nil.
func Server(h http.Handler, log *slog.Logger) *http.Server {
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		// "OPTIONS *" comes to the guard like everything else.
		DisableGeneralOptionsHandler: true,
	}
	if log != nil {
		s.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	}
	return s
}
