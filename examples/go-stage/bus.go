package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The bus: the text protocol of NATS over a socket (https://docs.nats.io/reference/reference-protocols/nats-protocol).

var verbs = []string{"challenge", "respond", "describe"}

const (
	pingEvery = 2 * time.Second
	// A server that has sent nothing for this time counts as lost. It answers every ping.
	silence = 3 * pingEvery
)

// bus serves a kind of stage on the server of NATS_URL.
type bus struct {
	kind   string
	answer func(verb string, body []byte) []byte

	connection net.Conn
	reader     *bufio.Reader
	writing    sync.Mutex
	running    sync.WaitGroup
	// Number of pings that were sent, and the ping whose answer ends the work. A server answers pings in their order.
	pings, last int
}

// serve serves requests until `stop` gets a signal, then finishes the requests that have arrived. It connects again when
// the connection is lost, and returns an error only for settings that cannot work.
func (b *bus) serve(stop <-chan os.Signal) error {
	stopped := make(chan struct{})
	go func() {
		<-stop
		close(stopped)
	}()
	for {
		err := b.session(stopped)
		if err == nil || isRefused(err) {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s: %v; retrying in a second\n", b.kind, err)
		select {
		case <-stopped:
			return nil
		case <-time.After(time.Second):
		}
	}
}

// session serves over one connection. It returns nil after a drain.
func (b *bus) session(stopped <-chan struct{}) error {
	ended := make(chan struct{})
	defer close(ended)
	if err := b.connect(); err != nil {
		return err
	}
	defer b.connection.Close()
	for number, verb := range verbs {
		// The queue group has the name of the kind, so that replicas share the requests.
		b.write("SUB stage.%s.%s %s %d\r\n", b.kind, verb, b.kind, number)
	}
	b.ping()
	go b.keepAlive(stopped, ended)
	return b.listen()
}

// keepAlive sends pings, and drains at the stop: it unsubscribes, and the answer to the ping after that follows the last
// request that the server has sent.
func (b *bus) keepAlive(stopped, ended <-chan struct{}) {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ended:
			return
		case <-ticker.C:
			b.ping()
		case <-stopped:
			for number := range verbs {
				b.write("UNSUB %d\r\n", number)
			}
			b.writing.Lock()
			b.last = b.pings + 1
			b.writing.Unlock()
			b.ping()
			return
		}
	}
}

func (b *bus) ping() {
	b.writing.Lock()
	b.pings++
	b.writing.Unlock()
	b.write("PING\r\n")
}

func (b *bus) write(format string, values ...any) {
	b.writing.Lock()
	defer b.writing.Unlock()
	// A failure also ends the loop that reads.
	fmt.Fprintf(b.connection, format, values...)
}

func (b *bus) listen() error {
	for pongs := 0; ; {
		line, err := b.line()
		if err != nil {
			return err
		}
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "MSG":
			if err := b.receive(words[1:]); err != nil {
				return err
			}
		case words[0] == "PING":
			b.write("PONG\r\n")
		case words[0] == "PONG":
			pongs++
			if pongs == 1 {
				fmt.Printf("serving %s\n", b.kind)
			}
			if b.isLast(pongs) {
				b.running.Wait()
				fmt.Printf("leaving %s\n", b.kind)
				return nil
			}
		case words[0] == "-ERR":
			return fmt.Errorf("NATS error: %s", strings.TrimSpace(strings.TrimPrefix(line, "-ERR")))
		}
	}
}

func (b *bus) isLast(pongs int) bool {
	b.writing.Lock()
	defer b.writing.Unlock()
	return pongs == b.last
}

// receive reads a message, and answers it in a goroutine: `<subject> <number> [reply] <size>`.
func (b *bus) receive(words []string) error {
	size, err := strconv.Atoi(words[len(words)-1])
	if err != nil {
		return err
	}
	body := make([]byte, size+2)
	if _, err := io.ReadFull(b.reader, body); err != nil || len(words) < 4 {
		return err
	}
	verb := words[0][strings.LastIndex(words[0], ".")+1:]
	b.running.Add(1)
	go func() {
		defer b.running.Done()
		reply := b.answer(verb, body[:size])
		b.write("PUB %s %d\r\n%s\r\n", words[2], len(reply), reply)
	}()
	return nil
}

func (b *bus) line() (string, error) {
	b.connection.SetReadDeadline(time.Now().Add(silence))
	return b.reader.ReadString('\n')
}

// connect opens a connection.
func (b *bus) connect() error {
	server, err := url.Parse(setting("NATS_URL", "nats://127.0.0.1:4222"))
	if err != nil {
		return err
	}
	address := net.JoinHostPort(server.Hostname(), portOf(server))
	connection, err := net.DialTimeout("tcp", address, silence)
	if err != nil {
		return err
	}
	b.connection, b.reader = connection, bufio.NewReader(connection)
	b.pings, b.last = 0, -1
	if err := b.introduce(server); err != nil {
		connection.Close()
		return err
	}
	return nil
}

// introduce reads the greeting of the server, begins TLS if the URL begins with tls://, and sends the credentials.
func (b *bus) introduce(server *url.URL) error {
	greeting, err := b.line()
	if err != nil {
		return err
	}
	var info struct{ Nonce string }
	if err := json.Unmarshal([]byte(strings.TrimPrefix(greeting, "INFO ")), &info); err != nil {
		return err
	}
	if server.Scheme == "tls" {
		// SSL_CERT_FILE names the certificate of an authority of your own.
		secure := tls.Client(b.connection, &tls.Config{ServerName: server.Hostname()})
		b.connection, b.reader = secure, bufio.NewReader(secure)
	}
	options, err := credentials(info.Nonce)
	if err != nil {
		return err
	}
	options["verbose"], options["pedantic"], options["name"] = false, false, b.kind
	b.write("CONNECT %s\r\n", encode(options))
	return nil
}

func portOf(server *url.URL) string {
	if port := server.Port(); port != "" {
		return port
	}
	return "4222"
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
