/**
 * The composition root: configuration -> engine -> runtimes -> services -> doors -> front. The only file that knows
 * all; read it, and you know the architecture.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { announce } from "./admin/announcement.ts";
import { createCloudEventsRoute } from "./admin/cloud-events.ts";
import { createAdmin } from "./admin/index.ts";
import { Metrics } from "./admin/metrics.ts";
import { createOtlpRoute } from "./admin/otlp.ts";
import { openToken } from "./admin/token.ts";
import type { Doors } from "./aws/api/index.ts";
import { createCodeLinks } from "./aws/code-links.ts";
import { apiCoverage } from "./aws/coverage.ts";
import { createApplicationAutoscalingDoor } from "./aws/doors/application-autoscaling.ts";
import { createCloudWatchDoor } from "./aws/doors/cloudwatch.ts";
import { createEventsDoor } from "./aws/doors/events.ts";
import { createKinesisDoor } from "./aws/doors/kinesis.ts";
import { createLambdaDoor } from "./aws/doors/lambda.ts";
import { createLogsDoor } from "./aws/doors/logs.ts";
import { createPipesDoor } from "./aws/doors/pipes.ts";
import { createS3Door } from "./aws/doors/s3.ts";
import { createSchedulerDoor } from "./aws/doors/scheduler.ts";
import { createSnsDoor } from "./aws/doors/sns.ts";
import { createSqsDoor } from "./aws/doors/sqs.ts";
import { createXrayDoor } from "./aws/doors/xray.ts";
import { samplingDoor } from "./aws/doors/xray-sampling.ts";
import { createAws } from "./aws/index.ts";
import { createOperationCalls } from "./aws/operation-calls.ts";
import { createDirectUrlRoute } from "./aws/routes/direct-url.ts";
import { createFunctionUrlRoute } from "./aws/routes/function-url.ts";
import { createInvokeRoute } from "./aws/routes/invoke.ts";
import { createJsonRoute } from "./aws/routes/json.ts";
import { createWebsiteRoute } from "./aws/routes/website.ts";
import { createBucketPages } from "./aws/s3-pages.ts";
import { createCertificateRoute } from "./aws/signing-certificate.ts";
import { type Config, publicConfig } from "./config.ts";
import { openDataPlane } from "./data-plane.ts";
import { YunqueError } from "./domain/errors.ts";
import { compilePattern } from "./domain/event-pattern.ts";
import { openEmbeddedEngine } from "./engines/embedded/engine.ts";
import type { Engine } from "./engines/engine.ts";
import { createMemoryEngine } from "./engines/memory/engine.ts";
import { createMailer } from "./engines/outbound/mailer.ts";
import type { OtlpExporter } from "./engines/outbound/otlp-exporter.ts";
import { createWeb } from "./engines/outbound/web.ts";
import { openXrayDaemon } from "./engines/xray-daemon.ts";
import { busTargets, cloudEventBuses } from "./links/buses.ts";
import { destinationsIn } from "./links/destinations.ts";
import { createEventSources } from "./links/event-sources.ts";
import { functionCalls } from "./links/function-calls.ts";
import { functionTargets, logGroupIn, scaleFunctions } from "./links/functions.ts";
import { readEmbeddedMetrics, tellLogMetric } from "./links/log-metrics.ts";
import { logTargets } from "./links/logs.ts";
import { bucketTargets, readCode } from "./links/objects.ts";
import { meteredProvisioned } from "./links/provisioned.ts";
import { queueSource, queueTargets } from "./links/queues.ts";
import { streamSource, streamTargets } from "./links/streams.ts";
import { createTargets } from "./links/targets.ts";
import { topicTargets } from "./links/topics.ts";
import { tracedTargets } from "./links/traced-targets.ts";
import { universalTargets } from "./links/universal.ts";
import { type Isolation, keepsNetworks } from "./local-executor.ts";
import { createLog, type Log } from "./log.ts";
import { systemClock as clock } from "./ports/clock.ts";
import { createPackages } from "./runtimes/packages/index.ts";
import { createAutoscaling } from "./services/autoscaling/index.ts";
import { type Buses, createEventBuses } from "./services/buses/index.ts";
import { createFunctions, type Functions } from "./services/functions/index.ts";
import { createLogService } from "./services/logs/index.ts";
import { createMappings } from "./services/mappings/index.ts";
import { AWS_PRICES, createMetering, ownPrices } from "./services/metering/index.ts";
import { createMetrics } from "./services/metrics/index.ts";
import { createObjects, type Objects } from "./services/objects/index.ts";
import { createPipes } from "./services/pipes/index.ts";
import { createPollers } from "./services/pollers/index.ts";
import { createMessageQueues } from "./services/queues/index.ts";
import { createScheduler } from "./services/schedules/index.ts";
import { createStreams } from "./services/streams/index.ts";
import { createTopics, type Topics } from "./services/topics/index.ts";
import { createTraces } from "./services/traces/index.ts";

export interface Platform {
  /** `http://127.0.0.1:4566` */
  readonly origin: string;
  /** Lets what runs finish within `shutdownSeconds`, then ends; everything acknowledged is kept. */
  stop(): Promise<void>;
}

/**
 * Starts the platform.
 * @throws the system's error where the port cannot be had, YunqueError Storage... where the data directory cannot be used.
 */
export async function start(
  config: Config,
  { startedAt = Date.now() }: { readonly startedAt?: number } = {},
): Promise<Platform> {
  await using opened = new AsyncDisposableStack(); // closed again, last first, where the start fails half way
  const { account, region } = config;
  const log = createLog({
    format: config.log,
    level: config.logLevel,
    write: (line) => process.stderr.write(line),
  });
  const onDefect = (error: unknown, where: object | string = {}) =>
    log.error("a defect of Yunque's own", {
      error,
      ...(typeof where === "string" ? { requestId: where } : where),
    });

  const { engine, directory, forget } = await openEngine(config);
  opened.defer(forget);
  opened.defer(() => engine.close());
  const { records, blobs, packageBlobs, logs, logQueries, queues, shards } = engine;
  const totals = new Metrics();
  const plainTargets = createTargets({
    lambda: () => functionTargets(functions),
    s3: () => bucketTargets(objects, { account, region }),
    sqs: () => queueTargets(messageQueues),
    sns: () => topicTargets(topics),
    kinesis: () => streamTargets(streams),
    events: () => busTargets(buses),
    logs: () => logTargets(logService, clock),
    scheduler: () => universalTargets(operations, () => origin),
  });
  const targets = tracedTargets(plainTargets, () => traces, clock);
  const measured = createMetrics({
    records,
    queues,
    clock,
    targets,
    home: { account, region },
    totals,
    onDefect: (error) =>
      error instanceof YunqueError
        ? log.error("metrics wait", { error })
        : onDefect(error, { during: "metrics and alarms" }),
  });
  const metrics = measured.recording;
  const metering = createMetering({
    records,
    clock,
    totals,
    prices: config.prices.book === "aws" ? AWS_PRICES : ownPrices(config.prices),
    provisioned: () => provisioned?.read() ?? [],
    onUse: () => measured.expect(),
  });
  measured.source(() => metering.read());
  let provisioned: ReturnType<typeof meteredProvisioned> | undefined;
  const packages = createPackages({
    records,
    blobs: packageBlobs,
    directory: join(directory, "packages"),
  });

  // It tries the walls in processes of its own; meanwhile the engine's thread starts.
  const traces = createTraces({
    records,
    clock,
    metrics,
    limits: { bytes: config.traces.maxMB << 20 },
    onFailure: (error) =>
      error instanceof YunqueError
        ? log.error("traces are lost", { error })
        : onDefect(error, { during: "tracing" }),
  });
  const exporter = await openExporter(config.otlpEndpoint, metrics, log);
  if (exporter) traces.onSegment((segment) => exporter.add(segment));
  const daemon = await openXrayDaemon({
    port: config.port === 0 ? 0 : config.traces.daemonPort,
    onDocument: (text) => traces.tellText({ account, region }, text),
    serve(request, response) {
      request.headers.host = "xray"; // SDKs ask the daemon without a signature
      void sampling(request, response);
    },
  });
  opened.defer(() => daemon.close());
  const opening = openDataPlane({
    traceDaemon: () => daemon.address,
    tracer: traces,
    config,
    packages,
    logs,
    directory,
    metrics,
    metered: (readings) => metering.told(readings),
    log,
    onDefect,
  });
  opened.defer(() =>
    opening.then(
      (plane) => plane.close(),
      () => {},
    ),
  );
  const token = openToken(directory, config.adminToken);
  const plane = await opening;
  const { isolation } = plane;
  provisioned = meteredProvisioned(plane.executor, clock, () => measured.expect());
  const { executor } = provisioned;

  const messageQueues = createMessageQueues({ records, queues, clock, metrics, onDefect });
  const functions: Functions = createFunctions({
    records,
    packages,
    executor,
    clock,
    queues,
    metrics,
    metering: metering.meters,
    tracer: traces,
    destinations: destinationsIn(targets),
    onFailure: (error) =>
      error instanceof YunqueError
        ? log.error("asynchronous invocations wait", { error })
        : onDefect(error, { during: "asynchronous invocations" }),
    onUndelivered: ({ destination, functionArn, requestId }, why) =>
      log.error("a record of an asynchronous invocation was given up", {
        destination,
        functionArn,
        requestId,
        why,
      }),
    network: { widest: config.network, enforced: keepsNetworks(isolation) },
    readObject: (scope, object, maxBytes) => readCode(objects, scope, object, maxBytes),
    limits: {
      concurrency: config.limits.concurrency,
      eventConcurrency: config.limits.asyncConcurrency,
    },
    ...(plane.publish ? { publish: plane.publish } : {}),
  });
  const objects: Objects = createObjects({
    records,
    blobs,
    clock,
    targets,
    onDefect: (error) => onDefect(error, { during: "the expiry of objects" }),
  });

  const web = createWeb(config.outbound);
  opened.defer(() => web.close());
  const mailer = createMailer(config.smtp.url, config.smtp.from);
  opened.defer(() => mailer.close());
  let origin = config.publicUrl ?? "";
  const topics: Topics = createTopics({
    records,
    queues,
    clock,
    targets,
    web,
    mailer,
    metrics,
    origin: () => origin,
    onFailure: (error) =>
      error instanceof YunqueError
        ? log.error("messages of topics wait", { error })
        : onDefect(error, { during: "deliveries of topics" }),
    onGivenUp: (lost) => log.error("a message of a topic was given up", { ...lost }),
  });
  const buses: Buses = createEventBuses({
    records,
    queues,
    clock,
    targets,
    web,
    metrics,
    onFailure: (error) =>
      error instanceof YunqueError
        ? log.error("events wait for their targets", { error })
        : onDefect(error, { during: "deliveries of events" }),
    onGivenUp: ({ message }, end) =>
      log.error("an event was given up", {
        target: message.target,
        rule: message.sender.arn,
        ...end,
      }),
  });
  const streams = createStreams({
    records,
    shards,
    clock,
    throughput: config.limits.streamThroughput,
    onDefect,
  });

  const logService = createLogService({
    records,
    logs,
    logQueries,
    queues,
    clock,
    targets,
    onMetric: tellLogMetric(measured),
    onFailure: (error) =>
      error instanceof YunqueError
        ? log.error("log groups wait", { error })
        : onDefect(error, { during: "deliveries of logs" }),
    onGivenUp: (lost) => log.error("lines for a subscription filter were given up", { ...lost }),
  });

  opened.defer(readEmbeddedMetrics(logs, measured, clock));

  const autoscaling = createAutoscaling({
    records,
    clock,
    resources: { "lambda:function:ProvisionedConcurrency": scaleFunctions(functions) },
    onDefect,
  });

  const sources = createEventSources({
    queues: { sqs: () => queueSource(messageQueues) },
    streams: { kinesis: () => streamSource(streams) },
  });
  const polling = {
    records,
    clock,
    ...sources,
    pollers: createPollers({ clock, ...sources }),
    functions: functionCalls(functions),
    targets,
    compilePattern,
    onDefect,
  };
  const mappings = createMappings({
    ...polling,
    metrics,
    maxConcurrency: Math.min(config.limits.concurrency, 1250),
    tracer: traces,
    onUndelivered: (mapping, why) =>
      log.error("what an event source mapping gave up was not told of", { ...mapping, why }),
  });
  const pipes = createPipes({
    ...polling,
    onUndelivered: (pipe, why) =>
      log.error("what a pipe gave up was not told of", { ...pipe, why }),
  });
  const schedules = createScheduler({
    records,
    queues,
    clock,
    targets,
    calls: (service, action) => operations.state(service, action),
    onFailure: (error) =>
      error instanceof YunqueError
        ? log.error("schedules wait", { error })
        : onDefect(error, { during: "schedules" }),
    onGivenUp: (lost) => log.error("what a schedule sent was given up", { ...lost }),
  });

  const links = createCodeLinks((id) => functions.zip(id), clock.now, onDefect);
  const doors: Doors = {
    lambda: createLambdaDoor(functions, mappings, links),
    pipes: createPipesDoor(pipes),
    s3: createS3Door(objects),
    sqs: createSqsDoor(messageQueues),
    sns: createSnsDoor(topics),
    kinesis: createKinesisDoor(streams),
    events: createEventsDoor(buses),
    logs: createLogsDoor(logService),
    "application-autoscaling": createApplicationAutoscalingDoor(autoscaling),
    scheduler: createSchedulerDoor(schedules),
    xray: createXrayDoor(traces),
    cloudwatch: createCloudWatchDoor(measured),
  };
  const operations = createOperationCalls(doors, onDefect);
  const pages = { s3: createBucketPages(objects) };
  const aws = createAws({ doors, account, defaultRegion: region, pages, onDefect });
  // Asked from loopback without a signature: only about sampling.
  const sampling = createAws({
    doors: { xray: samplingDoor(traces) },
    ...{ account, defaultRegion: region, onDefect },
  });
  const admin = createAdmin(
    {
      version: manifest.version,
      engine: config.engine,
      account,
      region,
      startedAt,
      token,
      isolation,
      config: publicConfig(config),
      services: () => apiCoverage(doors),
      instances: async () => {
        const { isolation, waiting, deployments } = await plane.snapshot();
        return { isolation, waiting, deployments: [...deployments] };
      },
      workers: () => plane.workers,
      async metrics() {
        await measured.flush();
        return totals.text();
      },
      async cost(request) {
        await measured.flush();
        return metering.cost({ account, region }, request);
      },
      logs: plane.logs,
      logLines: (name) => logService.linesOf({ account, region }, name),
      logGroup: logGroupIn(functions, { account, region }),
    },
    onDefect,
  );

  const front = await plane.serve(functions, {
    direct: [
      createInvokeRoute({ functions, account, onDefect }),
      createDirectUrlRoute({ functions, onDefect }),
      createJsonRoute({ doors, service: "sqs", account, onDefect }),
      createJsonRoute({ doors, service: "events", account, onDefect }),
    ],
    routes: [
      createFunctionUrlRoute({ functions, account, onDefect }),
      createOtlpRoute({ traces, account, region, onDefect }),
      createCloudEventsRoute({ buses: cloudEventBuses(buses), account, region, onDefect }),
      admin.route,
      links.route,
      createWebsiteRoute({ objects, scope: { account, region }, onDefect }),
      createCertificateRoute(topics.certificate, onDefect),
      (request, response) => {
        void aws(request, response);
        return true;
      },
    ],
  });
  opened.defer(() => front.close(0));
  origin ||= front.origin;
  opened.defer(announceToken(front.origin, token, log));

  if (isolation.tier === "none") warnOfNoWalls(log, isolation);
  const recovered = recover();
  const closing = opened.move();

  return {
    origin: front.origin,
    async stop() {
      const deadline = clock.monotonic() + config.shutdownSeconds * 1000;
      const left = () => Math.max(0, deadline - clock.monotonic());
      log.info("stopping", { graceSeconds: config.shutdownSeconds });
      admin.close();
      const polled = [mappings.close(left()), pipes.close(left())];
      await messageQueues.close();
      await Promise.all([front.close(left()), objects.close(), streams.close()]);
      await recovered;
      await autoscaling.close();
      const batches = (await Promise.all(polled)).reduce((sum, left) => sum + left, 0);
      if (batches > 0)
        log.warn("batches of mappings and pipes were still running: they run again", { batches });
      await schedules.close(left());
      await topics.close(left());
      await buses.close(left());
      const running = await functions.close(left());
      await logService.close(left());
      if (running > 0)
        log.warn("asynchronous events were still running: they run again after the next start", {
          events: running,
        });
      await plane.end(left());
      await traces.close();
      await measured.close(left());
      await exporter?.close(Math.min(left(), 2_000));
      await closing.disposeAsync();
      log.info("stopped");
    },
  };

  /** Finishes what a stop or a crash left half way, while the platform serves already. */
  async function recover(): Promise<void> {
    try {
      await messageQueues.start();
      await functions.start();
      await topics.start();
      await buses.start();
      await streams.start();
      await logService.start();
      await autoscaling.start();
      await mappings.start();
      await pipes.start();
      await schedules.start();
      await measured.start();
      await objects.recover();
      await traces.start();
      await packages.sweep(await functions.livePackages());
    } catch (error) {
      onDefect(error, { during: "recovery" });
    }
  }
}

function warnOfNoWalls(log: Log, { lacks, refused }: Isolation): void {
  log.warn(
    "FUNCTIONS RUN WITHOUT A SANDBOX: they can read and change whatever this user can. Run only code that you trust",
    {
      why:
        refused.map(({ tier, reason }) => `${tier}: ${reason}`).join("; ") || "isolation is none",
      remedies: lacks.map(({ remedy }) => remedy).join("; ") || "yunque doctor",
    },
  );
}

/** What sends traces on, where a collector is named. */
async function openExporter(
  endpoint: string | undefined,
  metrics: { count(name: string, dimensions: Record<string, never>, value: number): void },
  log: Log,
): Promise<OtlpExporter | undefined> {
  if (endpoint === undefined) return undefined;
  const { OtlpExporter } = await import("./engines/outbound/otlp-exporter.ts");
  return new OtlpExporter({
    endpoint,
    clock,
    onDropped(segments, why) {
      metrics.count("TraceSegmentsNotExported", {}, segments);
      log.debug("traces were not sent on", { segments, why });
    },
  });
}

/** Commands of this user find the token; without this they find it in the data directory alone. */
function announceToken(origin: string, token: string, log: Log): () => void {
  try {
    return announce(origin, token);
  } catch (error) {
    log.info("the token of the admin API is in the data directory alone", {
      why: error instanceof Error ? error.message : String(error),
    });
    return () => {};
  }
}

/** The engine, a directory for what can be made again, and what removes that directory where it is a temporary one. */
async function openEngine({ engine, dataDir }: Config): Promise<{
  readonly engine: Engine;
  readonly directory: string;
  readonly forget: () => Promise<void>;
}> {
  if (engine === "embedded")
    return {
      engine: await openEmbeddedEngine({ directory: dataDir }),
      directory: dataDir,
      forget: async () => {},
    };
  const directory = await mkdtemp(join(tmpdir(), "yunque-"));
  const forget = () => rm(directory, { recursive: true, force: true });
  return { engine: createMemoryEngine(), directory, forget };
}
