import type { DescribedPipe, Pipe, Pipes } from "../../services/pipes/index.ts";
import type { DescribePipeResponse, PipesApi } from "../api/pipes.ts";
import type { Door } from "../context.ts";
import { pipesError } from "./pipes-errors.ts";
import {
  enrichmentOf,
  refuseUnsupported,
  sourceMembers,
  sourceOf,
  targetMembers,
  targetOf,
} from "./pipes-shapes.ts";
import { worded } from "./worded.ts";

/** EventBridge Pipes on AWS's wire. */
export function createPipesDoor(pipes: Pipes): Door<PipesApi> {
  return worded<Door<PipesApi>>(
    {
      async CreatePipe(input, context) {
        refuseUnsupported(input);
        return brief(
          await pipes.create(context, {
            name: input.Name,
            description: input.Description,
            desired: input.DesiredState,
            roleArn: input.RoleArn,
            kmsKey: input.KmsKeyIdentifier,
            source: { arn: input.Source, ...sourceOf(input.SourceParameters) },
            enrichment: input.Enrichment
              ? { arn: input.Enrichment, ...enrichmentOf(input.EnrichmentParameters) }
              : undefined,
            target: { arn: input.Target, ...targetOf(input.TargetParameters) },
            tags: Object.entries(input.Tags ?? {}),
          }),
        );
      },

      async DescribePipe(input, context) {
        return inFull(await pipes.describe(context, input.Name));
      },

      async UpdatePipe(input, context) {
        refuseUnsupported(input);
        const { Enrichment, EnrichmentParameters, Target, TargetParameters } = input;
        const enriches = Enrichment !== undefined || EnrichmentParameters !== undefined;
        return brief(
          await pipes.update(context, input.Name, {
            description: input.Description,
            desired: input.DesiredState,
            roleArn: input.RoleArn,
            kmsKey: input.KmsKeyIdentifier,
            ...(input.SourceParameters === undefined
              ? {}
              : { source: sourceOf(input.SourceParameters) }),
            enrichment: enriches
              ? {
                  ...(Enrichment === undefined ? {} : { arn: Enrichment }),
                  ...enrichmentOf(EnrichmentParameters),
                }
              : undefined,
            target: {
              ...(Target === undefined ? {} : { arn: Target }),
              ...targetOf(TargetParameters),
            },
          }),
        );
      },

      async StartPipe(input, context) {
        return brief(await pipes.startPipe(context, input.Name));
      },

      async StopPipe(input, context) {
        return brief(await pipes.stopPipe(context, input.Name));
      },

      async DeletePipe(input, context) {
        return brief(await pipes.delete(context, input.Name));
      },

      async ListPipes(input, context) {
        const { items, token } = await pipes.list(context, {
          namePrefix: input.NamePrefix,
          desired: input.DesiredState,
          state: input.CurrentState,
          sourcePrefix: input.SourcePrefix,
          targetPrefix: input.TargetPrefix,
          token: input.NextToken,
          limit: input.Limit,
        });
        return {
          Pipes: items.map((one) => ({
            ...brief(one),
            ...reasonIn(one.pipe),
            Source: one.pipe.source.arn,
            Target: one.pipe.target.arn,
            ...(one.pipe.enrichment === undefined ? {} : { Enrichment: one.pipe.enrichment.arn }),
          })),
          ...(token === undefined ? {} : { NextToken: token }),
        };
      },

      async TagResource(input, context) {
        await pipes.tags.add(context, input.resourceArn, Object.entries(input.tags));
        return {};
      },

      async UntagResource(input, context) {
        await pipes.tags.remove(context, input.resourceArn, input.tagKeys);
        return {};
      },

      async ListTagsForResource(input, context) {
        const tags = await pipes.tags.list(context, input.resourceArn);
        return { tags: Object.fromEntries(tags) };
      },
    },
    pipesError,
  );
}

/** What all but DescribePipe answer. */
function brief({ arn, pipe }: DescribedPipe) {
  return {
    Arn: arn,
    Name: pipe.name,
    // Only DeletePipe and DescribePipe tell of DELETED.
    DesiredState: pipe.desired as "RUNNING" | "STOPPED",
    CurrentState: pipe.state,
    CreationTime: new Date(pipe.createdAt),
    LastModifiedTime: new Date(pipe.modifiedAt),
  };
}

const reasonIn = ({ reason }: Pipe) => (reason === undefined ? {} : { StateReason: reason });

function inFull(described: DescribedPipe): DescribePipeResponse {
  const { pipe } = described;
  const { enrichment, description, kmsKey, tags } = pipe;
  return {
    ...brief(described),
    ...reasonIn(pipe),
    ...(description === undefined ? {} : { Description: description }),
    Source: pipe.source.arn,
    SourceParameters: sourceMembers(pipe.source),
    ...(enrichment === undefined
      ? {}
      : {
          Enrichment: enrichment.arn,
          EnrichmentParameters:
            enrichment.template === undefined ? {} : { InputTemplate: enrichment.template },
        }),
    Target: pipe.target.arn,
    TargetParameters: targetMembers(pipe.target),
    RoleArn: pipe.roleArn,
    ...(tags.length === 0 ? {} : { Tags: Object.fromEntries(tags) }),
    ...(kmsKey === undefined ? {} : { KmsKeyIdentifier: kmsKey }),
  };
}
