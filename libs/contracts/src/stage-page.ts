import { z } from 'zod';

const fieldNames = z.array(z.string().min(1).max(64)).max(64);
const text = z.string().min(1).max(512);

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
  /** Translations of the page's texts and of the schemas' titles and descriptions, by language and text. */
  translations: z.record(z.string().max(16), z.record(z.string().max(512), text)).exactOptional(),
});
export type StagePage = z.output<typeof stagePage>;
