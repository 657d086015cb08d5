import { inlinedReferences, type RelatedModel } from '@gatehouse/contracts';
import { z } from 'zod';

const AAGUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const deviceTypeConfig = z.object({
  aaguid: z
    .string()
    .toLowerCase()
    .regex(AAGUID, 'This is not an AAGUID. An example is 2fc0579f-8113-47ea-b116-bb5a8db9202a.')
    .describe('Id of the model of authenticators.'),
  description: z.string().default('').describe('Name of the model.'),
  icon: z.string().nullable().default(null).describe('Picture of the model.'),
});

/** The blueprint model `webauthndevicetype`: a kind of authenticator, identified by its AAGUID. */
export const deviceType: RelatedModel = {
  kind: 'webauthn_device_type',
  model: 'authentik_stages_authenticator_webauthn.webauthndevicetype',
  key: ['aaguid'],
  config: deviceTypeConfig,
};

/** Returns the schema of a list of allowed kinds of authenticators. An empty list allows all kinds. */
export const deviceTypes = () =>
  inlinedReferences(deviceType.kind, deviceTypeConfig.pick({ aaguid: true, description: true }));
