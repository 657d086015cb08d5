// A stage of Gatehouse in Go: only visitors who know an access code continue, as in a closed beta. Needs no packages.
package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const kind = "x_example_code"

// The contract of the stage, by which Gatehouse also draws its page. The gateway refuses every reply that violates it. As
// it declares no attempts, each answer is a guess: the gateway counts, delays and locks wrong ones.
const descriptor = `{
  "v": 1,
  "kind": "x_example_code",
  "component": "x-example-code",
  "config": {
    "type": "object",
    "properties": {
      "sha256": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 64, "maxLength": 64}},
      "hint": {"type": "string", "maxLength": 200, "default": ""}
    },
    "required": ["sha256"]
  },
  "challenge": {"type": "object", "properties": {"hint": {"type": "string"}}},
  "response": {
    "type": "object",
    "properties": {"code": {"type": "string", "title": "Access code", "maxLength": 200, "x-secret": true}},
    "required": ["code"]
  },
  "state": {"type": "object"},
  "page": {
    "title": "Enter your access code",
    "button": "Continue",
    "shows": ["hint"],
    "asks": ["code"],
    "translations": {
      "de": {
        "Enter your access code": "Zugangscode eingeben",
        "Access code": "Zugangscode",
        "Continue": "Weiter",
        "This access code is not known.": "Diesen Zugangscode gibt es nicht."
      }
    }
  },
  "errors": {"not_accepted": {"string": "This access code is not known.", "code": "invalid"}},
  "acts": false,
  "deadline_ms": 5000
}`

// object is a JSON object.
type object = map[string]any

// checkConfig returns what is wrong with the config of the blueprint, or an empty text.
func checkConfig(config object) string {
	if len(digests(config)) == 0 {
		return "the config does not match the descriptor"
	}
	return ""
}

// challenge shows the form. It must have no side effects, because it is called whenever the step is shown.
func challenge(request object) object {
	return object{"type": "challenge", "challenge": form(request)}
}

// respond judges an answer.
func respond(request object) object {
	response, _ := request["response"].(object)
	code, isText := response["code"].(string)
	if !isText || code == "" {
		// The answer has no code, so nothing was guessed. During a delay, the gateway also removes the code from the answer.
		return rejected(request, "required", object{"failed": []string{}})
	}
	if isKnown(code, digests(configOf(request))) {
		return object{"type": "passed"}
	}
	// The gateway uses this code to refuse guesses during a delay, so wrong guesses must look the same.
	return rejected(request, "not_accepted", object{})
}

// rejected refuses an answer and shows the form again. `more` has further members of the reply.
func rejected(request object, code string, more object) object {
	more["type"] = "rejected"
	more["errors"] = object{"code": []object{{"code": code}}}
	more["challenge"] = form(request)
	return more
}

func form(request object) object {
	hint, _ := configOf(request)["hint"].(string)
	return object{"hint": hint}
}

// digests returns the SHA-256 digests of all codes, in hexadecimal digits.
func digests(config object) []string {
	list, _ := config["sha256"].([]any)
	texts := make([]string, 0, len(list))
	for _, item := range list {
		if text, isText := item.(string); isText {
			texts = append(texts, text)
		}
	}
	return texts
}

// isKnown compares in constant time, so that the response time reveals nothing about a code (timing attack).
func isKnown(code string, digests []string) bool {
	digest := sha256.Sum256([]byte(code))
	found := 0
	for _, text := range digests {
		known, err := hex.DecodeString(text)
		if err == nil {
			found |= subtle.ConstantTimeCompare(digest[:], known)
		}
	}
	return found == 1
}

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	bus := &bus{kind: kind, answer: answer}
	if err := bus.serve(stop); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", kind, err)
		os.Exit(1)
	}
}
