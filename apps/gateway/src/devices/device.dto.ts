import { MAX_DEVICE_NAME_LENGTH } from '@gatehouse/authenticators';
import { char, optionalNullable } from '@gatehouse/contracts';
import { z } from 'zod';
import { paginatedSchema } from '../http/pagination.js';

/** The name of a device. */
export const deviceName = char({ maxLength: MAX_DEVICE_NAME_LENGTH });

/** A change of a device by its owner. */
export const deviceRequest = z
  .object({ name: deviceName })
  .meta({ id: 'OwnDeviceRequest', description: 'A device as its owner changes it.' });

/** A change of a device that leaves absent fields as they are. */
export const patchedDeviceRequest = z
  .object({ name: optionalNullable(deviceName, { optional: true }) })
  .meta({ id: 'PatchedOwnDeviceRequest', description: 'What of a device its owner changes.' });

/** A device in a list of one class. */
export const userDevice = z
  .object({
    pk: z.int(),
    name: z.string(),
    phone_number: z.string().optional().meta({ description: 'Of a phone: how its number ends.' }),
    token_set: z
      .array(z.never())
      .optional()
      .meta({ description: 'Of recovery codes: none, as only digests are kept.' }),
    created_on: z.iso.datetime().optional().meta({ description: 'Of a key: when it was set up.' }),
    aaguid: z.string().optional().meta({ description: 'Of a key: its model, as far as it says.' }),
    device_type: z.null().optional(),
  })
  .meta({ id: 'OwnDevice', description: 'A device that proves its owner.' });
export type DeviceDto = z.input<typeof userDevice>;

/** A page of devices of one class. */
export const userDevicePage = paginatedSchema(userDevice).meta({
  id: 'PaginatedOwnDeviceList',
  description: 'A page of devices of a kind.',
});

/** A device in the list of all classes. */
export const anyDevice = z
  .object({
    ...{ verbose_name: z.string(), verbose_name_plural: z.string(), meta_model_name: z.string() },
    ...{ pk: z.int(), name: z.string(), type: z.string(), confirmed: z.boolean() },
    ...{ created: z.iso.datetime(), last_updated: z.iso.datetime(), last_used: z.iso.datetime().nullable() },
  })
  .meta({ id: 'Device', description: 'A device that proves its owner, of whatever kind.' });

/** All devices of a user. */
export const allDevices = z.array(anyDevice);
export type AnyDeviceDto = z.input<typeof anyDevice>;
