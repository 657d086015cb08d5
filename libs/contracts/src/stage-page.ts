import { z } from 'zod';

const fieldNames = z.array(z.string().min(1).max(64)).max(64);
const text = z.string().min(1).max(512);

/** Largest page module, in characters. */
const MAX_MODULE_LENGTH = 16 * 1024;

/** JavaScript that pages run in a sandboxed frame in place of the form, and its Ed25519 signature in base64. */
const pageModule = z.object({
  code: z.string().min(1).max(MAX_MODULE_LENGTH),
  signature: z.string().max(128),
});

/** How pages draw the challenge of an external stage, beyond what its schemas say (docs/adr/0090). */
export const stagePage = z.object({
  /** Heading of the step. Absent: the title of the flow. */
  title: text.exactOptional(),
  /** Label of the button. Absent: "Continue", in the visitor's language. */
  button: text.exactOptional(),
  /** The challenge fields that are shown, in this order. Absent: all texts and lists of texts. */
  shows: fieldNames.exactOptional(),
  /** The response fields that are asked for, in this order. Absent: all of them. */
  asks: fieldNames.exactOptional(),
  /** JavaScript of the vendor, which runs only if the operator has configured the vendor's key (docs/adr/0092). */
  module: pageModule.exactOptional(),
  /** Translations of the page's texts and of the schemas' titles and descriptions, by language and text. */
  translations: z.record(z.string().max(16), z.record(z.string().max(512), text)).exactOptional(),
});
export type StagePage = z.output<typeof stagePage>;
