package main

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Members that every request has, each with a value of its JSON type.
var members = map[string]any{
	"id": "", "timeout_ms": 0.0, "locale": "", "flow": object{}, "step": object{}, "site": object{}, "client": object{},
	"session": object{}, "query": object{}, "config": object{}, "attached": object{}, "context": object{},
}

// Members that a request may have.
var optional = map[string]any{"state": object{}, "response": object{}}

// answer returns the reply to a message. It always replies, so that the gateway does not wait for the deadline.
func answer(verb string, body []byte) (reply []byte) {
	defer func() {
		if fault := recover(); fault != nil {
			reply = problem("stage_fault", fmt.Sprint(fault))
		}
	}()
	var request object
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&request); err != nil || decoder.More() {
		return problem("stage_bad_request", "the request is not a JSON object")
	}
	if request["v"] != 1.0 {
		return problem("stage_bad_request", "the request must have v = 1")
	}
	if verb == "describe" {
		return encode(json.RawMessage(descriptor))
	}
	if fault := check(request); fault != "" {
		return problem("stage_bad_request", fault)
	}
	if verb == "respond" {
		return encode(respond(request))
	}
	return encode(challenge(request))
}

// check returns what is wrong with a request, or an empty text.
func check(request object) string {
	for name, example := range members {
		if !isLike(request[name], example) {
			return name + " is missing or has the wrong type"
		}
	}
	for name, example := range optional {
		if value, found := request[name]; found && !isLike(value, example) {
			return name + " has the wrong type"
		}
	}
	return checkConfig(configOf(request))
}

// configOf returns the config of a request, which is always an object after the check.
func configOf(request object) object {
	return request["config"].(object)
}

func isLike(value, example any) bool {
	return value != nil && fmt.Sprintf("%T", value) == fmt.Sprintf("%T", example)
}

func problem(code, detail string) []byte {
	return encode(object{"problem": object{"code": code, "detail": detail}})
}

func encode(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}
