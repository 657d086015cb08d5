package main

import (
	"crypto/ed25519"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"os"
	"strings"
)

var errSeed = errors.New("NATS_NKEY_SEED is not the seed of an nkey: it must be the whole text that begins with SU")

// isRefused tells whether an error ends the process, because another try would fail too.
func isRefused(err error) bool {
	return errors.Is(err, errSeed) || strings.Contains(strings.ToLower(err.Error()), "authorization violation")
}

// credentials returns the members of CONNECT that prove who this stage is: a signature of the server's nonce with the nkey
// of NATS_NKEY_SEED, otherwise NATS_USER and NATS_PASSWORD.
func credentials(nonce string) (object, error) {
	if seed := os.Getenv("NATS_NKEY_SEED"); seed != "" {
		raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(seed)
		if err != nil || len(raw) != 36 {
			return nil, errSeed
		}
		// Two bytes of prefix, the seed, and two bytes of checksum.
		key := ed25519.NewKeyFromSeed(raw[2:34])
		signature := ed25519.Sign(key, []byte(nonce))
		return object{"nkey": publicNkey(key), "sig": base64.RawURLEncoding.EncodeToString(signature)}, nil
	}
	if user := os.Getenv("NATS_USER"); user != "" {
		return object{"user": user, "pass": os.Getenv("NATS_PASSWORD")}, nil
	}
	return object{}, nil
}

// publicNkey encodes a public key of a user as NATS does: a prefix, the key, and a checksum, in base32.
func publicNkey(key ed25519.PrivateKey) string {
	raw := append([]byte{20 << 3}, key.Public().(ed25519.PublicKey)...)
	raw = binary.LittleEndian.AppendUint16(raw, crc16(raw))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
}

// crc16 returns the CRC-16/XMODEM checksum.
func crc16(data []byte) uint16 {
	var crc uint16
	for _, octet := range data {
		crc ^= uint16(octet) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
