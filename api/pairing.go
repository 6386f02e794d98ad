package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// pairPath is the one route that lets an extension in without a token; see
// identify.
const pairPath = "/v1/pair"

// A PairingCode is what a person types into their browser extension.
type PairingCode struct {
	Code    string    `json:"code" example:"K7M2-9QXD" doc:"Eight letters and digits; case, hyphen and blanks do not matter"`
	Expires time.Time `json:"expires" example:"2026-11-23T19:02:00Z"`
}

// PairingRequest asks for a code. There is nothing to say.
type PairingRequest struct{}

type postPairingInput struct {
	UserParam
	Body PairingRequest
}

type pairingOutput struct{ Body PairingCode }

// postPairing opens a code. A token must not make others that outlive it or may
// do more, so only the page's session, the operator and an admin may ask.
func (a *api) postPairing(ctx context.Context, in *postPairingInput) (*pairingOutput, error) {
	if who, _ := principalOf(ctx); !who.Session && !who.May(admin) {
		return nil, newProblem("forbidden", "a token cannot make another: ask on this server's page, or with: kindred pair")
	}
	code, p, err := a.engine.StartPairing(ctx, in.User)
	if err != nil {
		return nil, err
	}
	return &pairingOutput{PairingCode{code, p.Expires.UTC()}}, nil
}

// A PairRequest trades a code for a token.
type PairRequest struct {
	Code string `json:"code" maxLength:"64" example:"K7M2-9QXD" doc:"As the person typed it"`
	Name string `json:"name,omitempty" maxLength:"100" example:"Chrome" doc:"What the token is listed as"`
}

type pairInput struct {
	Body   PairRequest
	origin string
}

// Resolve is how huma hands over what the browser says beside the body.
func (in *pairInput) Resolve(hc huma.Context) []error {
	in.origin = hc.Header("Origin")
	return nil
}

// Paired is the token of an extension.
type Paired struct {
	Token   string   `json:"token" example:"kindred_dGhlIHNlY3JldCBpcyBub3Qgc2hvd24gYWdhaW4uLi4" doc:"Send it as Authorization: Bearer …; it is not shown again"`
	User    string   `json:"user" example:"me" doc:"Whom the token acts for"`
	Scopes  []string `json:"scopes" nullable:"false" example:"[\"events\",\"read\"]"`
	Version string   `json:"version" example:"v0.1.0" doc:"Of this server"`
}

type pairOutput struct{ Body Paired }

func (a *api) pair(ctx context.Context, in *pairInput) (*pairOutput, error) {
	secret, t, err := a.engine.Pair(ctx, in.Body.Code, in.Body.Name, in.origin)
	if err != nil {
		return nil, err
	}
	return &pairOutput{Paired{secret, t.User, t.Scopes, a.Version}}, nil
}
