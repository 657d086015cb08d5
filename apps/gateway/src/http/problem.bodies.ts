import { z } from 'zod';

/** A request that cannot be understood. */
export const validationError = z
  .looseObject({ non_field_errors: z.array(z.string()).optional(), code: z.string().optional() })
  .meta({ id: 'ValidationError', description: 'What is wrong with a request, by field.' });

/** A request that is not answered. */
export const genericError = z
  .object({ detail: z.string(), code: z.string().optional() })
  .meta({ id: 'GenericError', description: 'Why a request is not answered.' });
