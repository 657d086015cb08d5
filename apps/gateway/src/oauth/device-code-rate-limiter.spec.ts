import { expect, it } from 'vitest';
import { DeviceCodeRateLimiter } from './device-code-rate-limiter.js';

it('the rate of device codes is limited for each network, and not limited if DEVICE_CODE_RATE is 0', () => {
  const limiter = new DeviceCodeRateLimiter({ DEVICE_CODE_RATE: 2 });
  for (const ip of ['203.0.113.7', '203.0.113.7', '203.0.113.8']) limiter.admit(ip);
  expect(() => limiter.admit('203.0.113.7')).toThrow(expect.objectContaining({ code: 'rate_limited' }));
  const unlimited = new DeviceCodeRateLimiter({ DEVICE_CODE_RATE: 0 });
  for (let n = 0; n < 5; n++) unlimited.admit('203.0.113.7');
});
