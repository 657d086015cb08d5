import type { ApiVersion } from '@gatehouse/contracts';
import type { FastifyRequest } from 'fastify';
import { expect, it } from 'vitest';
import type { GatewayConfig } from '../gateway.config.js';
import type { Principal } from '../http/auth/auth.service.js';
import type { AuthenticatedUser } from '../users/user.repository.js';
import type { DeviceService } from './device.service.js';
import { DevicesController } from './devices.controller.js';
import type { UserDevice, UserDeviceRepository } from './user-device.repository.js';

const at = new Date('2026-11-30T12:00:00Z');
const DEVICE: UserDevice = {
  ...{ kind: 'email', pk: 7, name: 'Mine', facts: { address: 'a****@e******.org' } },
  ...{ created: at, updated: at, lastUsed: null, credentialId: null },
};
const repository = { list: async () => [DEVICE], count: async () => 1 } as unknown as UserDeviceRepository;
const service = { find: async () => DEVICE, rename: async () => undefined } as unknown as DeviceService;
const principal = {} as Principal;
const PARAMS = { kind: 'email', id: '7' };

/** Returns what all endpoints of one class of devices show of an email device. */
async function shown(version: ApiVersion, headers: Record<string, string> = {}) {
  const controller = new DevicesController(repository, service, { API_VERSION: version } as GatewayConfig);
  const request = { headers } as unknown as FastifyRequest;
  const page = { page: 1, size: 20 } as unknown as Parameters<DevicesController['list']>[1];
  const { results } = await controller.list('email', page, { uuid: 'u' } as AuthenticatedUser, request);
  return [
    ...results,
    await controller.retrieve(PARAMS, principal, request),
    await controller.update(PARAMS, { name: 'Mine' }, principal, request),
    await controller.patch(PARAMS, {}, principal, request),
  ];
}

it('only clients of 2026.8, and clients that ask for all fields, see the address of an email device', async () => {
  const [plain, newest] = [
    { pk: 7, name: 'Mine' },
    { pk: 7, name: 'Mine', email: 'a****@e******.org' },
  ];
  expect(await shown('2024.8')).toEqual(Array(4).fill(plain));
  expect(await shown('2026.8')).toEqual(Array(4).fill(newest));
  expect(await shown('2024.8', { 'x-gatehouse-fields': 'complete' })).toEqual(Array(4).fill(newest));
});
