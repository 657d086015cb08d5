import { expect, it } from 'vitest';
import { DeviceCodeRateLimiter } from './device-code-rate-limiter.js';

it('codes for devices are bounded for each network alone, and not at all with 0', () => {
  const gate = new DeviceCodeRateLimiter({ DEVICE_CODE_RATE: 2 });
  for (const ip of ['203.0.113.7', '203.0.113.7', '203.0.113.8']) gate.admit(ip);
  expect(() => gate.admit('203.0.113.7')).toThrow(expect.objectContaining({ code: 'rate_limited' }));
  const open = new DeviceCodeRateLimiter({ DEVICE_CODE_RATE: 0 });
  for (let n = 0; n < 5; n++) open.admit('203.0.113.7');
});
