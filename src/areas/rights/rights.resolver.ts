import { Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import { explainRights } from '../../access/explain.js';
import type { RequestContext } from '../../read/context.js';

@ObjectType({ description: 'Une case de la matrice : ce qui est accordé, à quelle condition, par quel texte.' })
export class GrantedRight {
  @Field()
  category!: string;

  @Field()
  label!: string;

  @Field()
  grant!: string;

  @Field(() => [String])
  fields!: string[];

  @Field(() => String, { nullable: true })
  condition?: string | null;

  @Field()
  article!: string;
}

@Resolver()
export class RightsResolver {
  @Query(() => [GrantedRight])
  myRights(@Ctx() { principal }: RequestContext): GrantedRight[] {
    return explainRights(principal.recipient);
  }
}
