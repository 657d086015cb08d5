import { inlinedReferences, type RelatedModel } from '@gatehouse/contracts';
import { z } from 'zod';

const AAGUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const deviceTypeConfig = z.object({
  aaguid: z.string().toLowerCase().regex(AAGUID, 'This is no AAGUID.'),
  description: z.string().default(''),
  icon: z.string().nullable().default(null),
});

/** A model of authenticators that blueprints name, by the number that all devices of a model share. */
export const deviceType: RelatedModel = {
  kind: 'webauthn_device_type',
  model: 'authentik_stages_authenticator_webauthn.webauthndevicetype',
  key: ['aaguid'],
  config: deviceTypeConfig,
};

/** A config field with the models that a stage takes; all, when it names none. */
export const deviceTypes = () =>
  inlinedReferences(deviceType.kind, deviceTypeConfig.pick({ aaguid: true, description: true }));
