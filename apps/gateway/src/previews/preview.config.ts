import { z } from 'zod';

/** Settings of previews (docs/spec/preview.md). */
export const previewConfig = z.object({
  PREVIEW_MAX_S: z.coerce
    .number()
    .int()
    .min(60)
    .max(86_400)
    .default(28_800)
    .describe('Seconds after which a preview link of `npm run flow -- preview` expires at the latest'),
  PREVIEW_RATE: z.coerce
    .number()
    .int()
    .min(0)
    .max(100_000)
    .default(120)
    .describe('Requests with one preview link per minute in each gateway, page loads included; 0: no limit'),
});
