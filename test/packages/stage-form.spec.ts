import type { StageForm as ClientForm } from '@gatehouse/client';
import type { StageForm } from '@gatehouse/contracts';
import { expectTypeOf, it } from 'vitest';

it('@gatehouse/client and the gateway have the same type for the form of an external stage', () => {
  expectTypeOf<ClientForm>().toEqualTypeOf<StageForm>();
});
