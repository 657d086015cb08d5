import type { z } from 'zod';
import type { Errors } from './message.js';
import type { ReferenceKind } from './reference.js';

/** A blueprint model that the config of a stage refers to, such as a field of a form. */
export interface RelatedModel {
  /** Kind that config fields use to refer to objects of this model (`Reference.to`). */
  readonly kind: ReferenceKind;
  /** The blueprint model, lower case. */
  readonly model: string;
  /** Fields that identify an object of the model. Default: `name`. */
  readonly key?: readonly string[];
  readonly config: z.ZodObject;
  /** Checks fields of a config together, after `config` has checked each field. Returns the errors. */
  readonly validate?: (config: Readonly<Record<string, unknown>>) => Errors;
  /** Maps the name of a text field to the name of a boolean field. While the boolean is true, the text is Python. */
  readonly python?: Readonly<Record<string, string>>;
}
