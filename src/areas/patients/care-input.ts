import { Field, InputType } from 'type-graphql';
import type { NirIndex } from '../../db/sealing.js';
import { LancetteError } from '../../kernel/errors.js';
import type { Care } from '../../read/plan.js';
import { BirthDate, InvitationCodeScalar, Nir } from './scalars.js';

/** How the patient in care is found: by the invitation code or by the NIR, always with the birth date (AIPD M1.47, M2.32). */
@InputType()
export class CareInput {
  @Field(() => InvitationCodeScalar, { nullable: true, description: 'Code d’invitation, ou bien le NIR.' })
  code?: string;

  @Field(() => Nir, { nullable: true })
  nir?: string;

  @Field(() => BirthDate)
  birthDate!: string;
}

/** @throws INVALID_INPUT unless exactly one of code and NIR is given */
export function careOf(input: CareInput, nirIndex: NirIndex): Care {
  if (Boolean(input.code) === Boolean(input.nir)) throw new LancetteError('INVALID_INPUT', { field: 'code' });
  return {
    code: input.code ?? null,
    nirIndex: input.nir ? nirIndex.of(input.nir, input.birthDate) : null,
    ...(input.nir && { nirPrefix: nirIndex.prefixOf(input.nir) }),
    birthDate: input.birthDate,
  };
}
