import { z } from 'zod';

/** Body of a response to an invalid request. */
export const validationError = z
  .looseObject({ non_field_errors: z.array(z.string()).optional(), code: z.string().optional() })
  .meta({ id: 'ValidationError', description: 'What is wrong with a request, by field.' });

/** Body of a response to a refused request. */
export const genericError = z
  .object({ detail: z.string(), code: z.string().optional() })
  .meta({ id: 'GenericError', description: 'Why a request is not answered.' });
