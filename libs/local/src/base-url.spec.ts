import { expect, it } from 'vitest';
import { baseUrlOf } from './base-url.js';

it.each([
  [{}, 'http://127.0.0.1:9000'],
  [{ HOST: 'localhost', PORT: '9300', BASE_URL: '' }, 'http://localhost:9300'],
  [{ HOST: '::1' }, 'http://[::1]:9000'],
  [{ HOST: '::', BASE_URL: 'https://id.example.org//' }, 'https://id.example.org'],
])('baseUrlOf returns BASE_URL, or the address of npm start, for the settings %j', (env, url) => {
  expect(baseUrlOf(env)).toBe(url);
});
