import { FieldResolver, Resolver, Root } from 'type-graphql';
import { Patient } from '../patients/patient.js';
import { Invitation } from './invitation.js';

@Resolver(() => Patient)
export class PatientInvitationsResolver {
  @FieldResolver(() => [Invitation])
  invitations(@Root() patient: { invitations: Invitation[] }): Invitation[] {
    return patient.invitations;
  }
}
