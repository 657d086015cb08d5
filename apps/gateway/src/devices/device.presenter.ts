import { deviceModel } from '@gatehouse/authenticators';
import type { DeviceClass } from '@gatehouse/contracts';
import type { AnyDeviceDto, DeviceDto } from './device.dto.js';
import { passkeyDetails } from './passkey-details.js';
import type { UserDevice } from './user-device.repository.js';

/** The names of a device class in the API. `extras` returns the fields that no other device class has. */
interface DeviceClassInfo {
  readonly name: string;
  readonly model: string;
  readonly extras?: (device: UserDevice) => Partial<DeviceDto>;
}

const DEVICE_CLASS_INFO: Readonly<Record<DeviceClass, DeviceClassInfo>> = {
  duo: { name: 'Duo Device', model: 'DuoDevice' },
  email: {
    name: 'Email Device',
    model: 'EmailDevice',
    extras: ({ facts }) => ({ email: textOf(facts['address']) }),
  },
  sms: {
    name: 'SMS Device',
    model: 'SMSDevice',
    extras: ({ facts }) => ({ phone_number: `…${textOf(facts['ending'])}` }),
  },
  static: { name: 'Static Device', model: 'StaticDevice', extras: () => ({ token_set: [] }) },
  totp: { name: 'TOTP Device', model: 'TOTPDevice' },
  webauthn: {
    name: 'WebAuthn Device',
    model: 'WebAuthnDevice',
    extras: (device) => ({
      ...{ created_on: device.created.toISOString(), device_type: null, ...passkeyDetails(device) },
      credential_id: device.credentialId ?? '',
    }),
  },
};

const textOf = (fact: unknown) => (typeof fact === 'string' ? fact : '');

/** Returns a device for the API's list of the devices of one class, such as TOTP. */
export const toUserDevice = (device: UserDevice): DeviceDto => ({
  ...{ pk: device.pk, name: device.name },
  ...DEVICE_CLASS_INFO[device.kind].extras?.(device),
});

/** Returns a device for the API's list of a user's devices of all classes, in its newest form. */
export function toAnyDevice({ kind, pk, name, facts, created, updated, lastUsed }: UserDevice): AnyDeviceDto {
  const { name: className, model } = DEVICE_CLASS_INFO[kind];
  const { app, model_name } = deviceModel(kind);
  return {
    ...{ verbose_name: className, verbose_name_plural: `${className}s`, meta_model_name: `${app}.${model_name}` },
    ...{ pk: String(pk), name, type: `${app}.${model}`, confirmed: true },
    ...{ created: created.toISOString(), last_updated: updated.toISOString() },
    last_used: lastUsed?.toISOString() ?? null,
    extra_description: null,
    external_id: textOf(facts['aaguid']) || null,
  };
}
