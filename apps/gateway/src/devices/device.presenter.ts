import { deviceModel } from '@gatehouse/authenticators';
import type { DeviceClass } from '@gatehouse/contracts';
import type { AnyDeviceDto, DeviceDto } from './device.dto.js';
import type { UserDevice } from './user-devices.js';

/** What the API says of a kind; `extras`: what it tells of a device of the kind alone. */
interface DeviceClassInfo {
  readonly name: string;
  readonly model: string;
  readonly extras?: (device: UserDevice) => Partial<DeviceDto>;
}

const DEVICE_CLASS_INFO: Readonly<Record<DeviceClass, DeviceClassInfo>> = {
  duo: { name: 'Duo Device', model: 'DuoDevice' },
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
    extras: ({ facts, created }) => ({
      ...{ created_on: created.toISOString(), aaguid: textOf(facts['aaguid']), device_type: null },
    }),
  },
};

const textOf = (fact: unknown) => (typeof fact === 'string' ? fact : '');

/** A device where its kind is known already. */
export const toUserDevice = (device: UserDevice): DeviceDto => ({
  ...{ pk: device.pk, name: device.name },
  ...DEVICE_CLASS_INFO[device.kind].extras?.(device),
});

/** A device among those of all kinds. */
export function toAnyDevice({ kind, pk, name, created, updated, lastUsed }: UserDevice): AnyDeviceDto {
  const { name: called, model } = DEVICE_CLASS_INFO[kind];
  const { app, model_name } = deviceModel(kind);
  return {
    ...{ verbose_name: called, verbose_name_plural: `${called}s`, meta_model_name: `${app}.${model_name}` },
    ...{ pk, name, type: `${app}.${model}`, confirmed: true },
    ...{ created: created.toISOString(), last_updated: updated.toISOString() },
    last_used: lastUsed?.toISOString() ?? null,
  };
}
