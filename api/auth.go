package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"kindred/engine"
)

// publicRoutes may be read by everybody whom the guard lets in: they hold
// nothing personal, or, the pages, ask views.page who is reading.
var publicRoutes = map[string]bool{
	"/": true, "/search": true, "/paper/:id": true, "/likes": true, "/pair": true, "/status": true, staticRoute: true,
	"/docs": true, "/openapi.json": true, "/healthz": true, "/readyz": true,
}

// identify finds out who is asking and puts them into the context. The first
// of these that fits:
//
//   - a bearer token: whom it stands for. A bad one is 401, never ignored.
//   - the session cookie of our own pages: whom it stands for.
//   - a program on this machine (a loopback peer, no header that browsers or
//     proxies send), unless a token is required: the operator.
//
// Nobody else gets further than the public routes; a browser there only when
// it navigates. An extension that has no token yet asks for one at the pairing
// route, which is for extensions alone. A token that was made for an extension
// is good with its Origin, or with none, as in a GET; an extension's Origin is
// good only with its token.
func (a *api) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		origin := r.Header.Get("Origin")
		if c.Path() == pairPath && r.Method == http.MethodPost {
			if !ofExtension(origin) {
				return newProblem("wrong_origin", "this route pairs browser extensions; other programs get a token by: kindred token create")
			}
			return next(c)
		}
		who, known, err := a.principal(r)
		if err != nil {
			return err
		}
		browser := fromBrowser(r)
		open := publicRoutes[c.Path()]
		switch {
		case origin != "" && origin != who.Origin && ofExtension(origin):
			return newProblem("wrong_origin", "this extension has to be paired with this server, and show the token it was given")
		case origin != "" && origin != who.Origin && who.Origin != "":
			return newProblem("wrong_origin", "this token is good for a browser extension alone")
		case known:
			c.SetRequest(r.WithContext(context.WithValue(r.Context(), principalKey{}, who)))
		case browser && open && (navigates(r) || c.Path() == staticRoute):
		case browser && !a.RequireToken:
			return newProblem("session_required", fmt.Sprintf("a browser needs this server's session or a token; open %s/ first", a.origins[strings.ToLower(r.Host)]))
		case browser || !open:
			return newProblem("token_required", "send Authorization: Bearer with a token; kindred token create makes one")
		}
		return next(c)
	}
}

type principalKey struct{}

// principalOf returns who is asking; ok is false for nobody we know.
func principalOf(ctx context.Context) (p engine.Principal, ok bool) {
	p, ok = ctx.Value(principalKey{}).(engine.Principal)
	return p, ok
}

// principal returns whom the credentials of r stand for; known is false if
// there are none.
func (a *api) principal(r *http.Request) (p engine.Principal, known bool, err error) {
	if auth := r.Header.Values("Authorization"); len(auth) > 0 {
		scheme, secret, _ := strings.Cut(auth[0], " ")
		if len(auth) > 1 || !strings.EqualFold(scheme, "Bearer") {
			return p, false, newProblem("bad_token", "want one header Authorization: Bearer …")
		}
		p, err := a.ofToken(r.Context(), strings.TrimSpace(secret))
		if errors.Is(err, engine.ErrNotFound) {
			return p, false, newProblem("bad_token", "this token is unknown, has expired or was revoked")
		}
		return p, err == nil, err
	}
	if cookie, err := r.Cookie(sessionName(r)); err == nil && fromOurPage(r) {
		p, err := a.ofToken(r.Context(), cookie.Value)
		if !errors.Is(err, engine.ErrNotFound) { // an old session is as good as none
			return p, err == nil, err
		}
	}
	if !a.RequireToken && !fromBrowser(r) && !proxied(r) && loopback(r.RemoteAddr) {
		return engine.Principal{User: engine.DefaultUser, Operator: true}, true, nil
	}
	return p, false, nil
}

// fromOurPage reports whether a session counts for r: our page asks, or the
// person types the address. Browsers also send the cookie along with what other
// extensions fetch if they may reach this machine; Chromium says "none" then.
func fromOurPage(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "" || site == "same-origin" || navigates(r)
}

// ofToken returns whom a secret stands for.
func (a *api) ofToken(ctx context.Context, secret string) (engine.Principal, error) {
	given, own := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(a.OperatorSecret))
	if a.OperatorSecret != "" && subtle.ConstantTimeCompare(given[:], own[:]) == 1 {
		return engine.Principal{User: engine.DefaultUser, Operator: true}, nil
	}
	p, err := a.engine.Authenticate(ctx, secret)
	if err != nil {
		return engine.Principal{}, fmt.Errorf("authenticate: %w", err)
	}
	return p, nil
}

// loopback reports whether the TCP peer is on this machine.
func loopback(peer string) bool {
	addr, err := netip.ParseAddrPort(peer)
	return err == nil && addr.Addr().Unmap().IsLoopback()
}

// proxied reports whether a proxy on this machine, whose peer is somebody else,
// says that it forwards the request.
func proxied(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"} {
		if _, ok := r.Header[name]; ok {
			return true
		}
	}
	return false
}

// sessionTTL is how long a browser is remembered after it opened our page.
const sessionTTL = 30 * 24 * time.Hour

// sessionName is the name of the cookie. Browsers do not tell ports apart in
// cookies, so the name does: two servers on one machine keep their sessions.
func sessionName(r *http.Request) string {
	_, port, err := net.SplitHostPort(r.Host)
	if err != nil || port == "" {
		return "kindred_session"
	}
	return "kindred_session_" + port
}

// startSession gives the browser that opened one of our pages a session of the
// default user, which is a token row like any other. It does so only for a
// person at this machine who has none: a tab of their own, a loopback peer, and
// a server that does not require tokens.
func (a *api) startSession(c echo.Context) error {
	r := c.Request()
	site := r.Header.Get("Sec-Fetch-Site")
	if _, known := principalOf(r.Context()); known || a.RequireToken || !navigates(r) ||
		site != "none" && site != "same-origin" || proxied(r) || !loopback(r.RemoteAddr) {
		return nil
	}
	secret, _, err := a.engine.StartSession(r.Context(), engine.DefaultUser, sessionTTL)
	if err != nil {
		return fmt.Errorf("start session: %w", err)
	}
	c.SetCookie(&http.Cookie{
		Name: sessionName(r), Value: secret, Path: "/", MaxAge: int(sessionTTL / time.Second),
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
	return nil
}
