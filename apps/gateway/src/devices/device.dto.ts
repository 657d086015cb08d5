import { MAX_DEVICE_NAME_LENGTH } from '@gatehouse/authenticators';
import { changedIn2026, char, optionalNullable, ownField, since2026 } from '@gatehouse/contracts';
import { z } from 'zod';
import { paginatedSchema } from '../http/pagination.js';

/** The name of a device. */
export const deviceName = char({ maxLength: MAX_DEVICE_NAME_LENGTH });

/** A change of a device by its owner. */
export const deviceRequest = z
  .object({ name: deviceName })
  .meta({ id: 'OwnDeviceRequest', description: 'The fields of a device that its owner replaces.' });

/** A change of a device that leaves absent fields as they are. */
export const patchedDeviceRequest = z
  .object({ name: optionalNullable(deviceName, { optional: true }) })
  .meta({ id: 'PatchedOwnDeviceRequest', description: 'The fields of a device that its owner updates.' });

/** A device in the list of the devices of one class. */
export const userDevice = z
  .object({
    pk: z.int(),
    name: z.string(),
    phone_number: z.string().optional().meta({ description: 'Phones only: the last digits of the number.' }),
    email: since2026(z.string().optional()).meta({ description: 'Email addresses only: the masked address.' }),
    token_set: z
      .array(z.never())
      .optional()
      .meta({ description: 'Recovery codes only: an empty list, because only digests of the codes are stored.' }),
    created_on: z.iso.datetime().optional().meta({ description: 'Security keys only: time of registration.' }),
    aaguid: z
      .string()
      .optional()
      .meta({ description: 'Security keys only: the AAGUID, which identifies the model, if the key has reported it.' }),
    device_type: z.null().optional(),
    authenticator: ownField(z.string().nullable().optional()).meta({
      description: 'Security keys only: the name of the password manager or model that the AAGUID stands for.',
    }),
    backup_eligible: ownField(z.boolean().nullable().optional()).meta({
      description: 'Security keys only: whether the key can be synchronised between devices; null if unknown.',
    }),
    backed_up: ownField(z.boolean().nullable().optional()).meta({
      description: 'Security keys only: whether the key was synchronised when it was last used; null if unknown.',
    }),
    credential_id: ownField(z.string().optional()).meta({ description: 'Security keys only: the id, in base64url.' }),
  })
  .meta({ id: 'OwnDevice', description: 'A second-factor device of one kind.' });
export type DeviceDto = z.input<typeof userDevice>;

/** A page of devices of one class. */
export const userDevicePage = paginatedSchema(userDevice).meta({
  id: 'PaginatedOwnDeviceList',
  description: 'One page of a list of devices of one kind.',
});

/** A device in the list of the devices of all classes. */
export const anyDevice = z
  .object({
    ...{ verbose_name: z.string(), verbose_name_plural: z.string(), meta_model_name: z.string() },
    pk: changedIn2026(z.string(), z.int(), Number),
    ...{ name: z.string(), type: z.string(), confirmed: z.boolean() },
    ...{ created: z.iso.datetime(), last_updated: z.iso.datetime(), last_used: z.iso.datetime().nullable() },
    extra_description: since2026(z.string().nullable()).meta({ description: 'Always null.' }),
    external_id: since2026(z.string().nullable()).meta({
      description: 'Security keys: the AAGUID, which identifies the model. Otherwise null.',
    }),
  })
  .meta({ id: 'Device', description: 'A second-factor device, with the fields that devices of all kinds have.' });

/** All devices of a user. */
export const allDevices = z.array(anyDevice);
export type AnyDeviceDto = z.input<typeof anyDevice>;
