import { expect, it } from 'vitest';
import { deviceName, parseUserAgent } from './user-agent.js';

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';

it.each([
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/131.0.0.0 Safari/537.36`, 'Chrome 131', 'Windows 10'],
  [`Mozilla/5.0 (Windows NT 10.0) ${WEBKIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0`, 'Edge 131', 'Windows 10'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0', 'Firefox 133', 'Linux '],
  [`Mozilla/5.0 (Linux; Android 15; Pixel 9) ${WEBKIT} Chrome/131.0.0.0 Safari/537.36`, 'Chrome 131', 'Android 15'],
  [
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/18.1 Safari/605.1.15`,
    'Safari 18',
    'Mac OS X 10',
  ],
  [`Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile/15 Safari/604.1`, 'Safari 18', 'iOS 18'],
  ['goauthentik.io/outpost/2024.8.2', 'authentik Outpost 2024', 'Other '],
  ['curl/8.5.0', 'curl 8', 'Other '],
  ['', 'Other ', 'Other '],
])('parseUserAgent returns the browser and the operating system of %s', (text, browser, system) => {
  const { user_agent, os, string } = parseUserAgent(text);

  expect(`${user_agent.family} ${user_agent.major}`).toBe(browser);
  expect(`${os.family} ${os.major}`).toBe(system);
  expect(string).toBe(text);
});

it('deviceName contains no versions, so that an update does not change it', () => {
  const firefox = (version: string) =>
    `Mozilla/5.0 (X11; Linux x86_64; rv:${version}) Gecko/20100101 Firefox/${version}`;

  expect(deviceName(firefox('133.0'))).toBe('Firefox on Linux');
  expect(deviceName(firefox('134.0'))).toBe('Firefox on Linux');
  expect(deviceName('')).toBe('Other on Other');
});
