/** Price books. Prices are per unit, in the book's currency. */
export interface PriceBook {
  readonly name: string;
  readonly currency: string;
  readonly source: string;
  readonly date: string;
  readonly request: number;
  readonly gbSecond: Prices;
  readonly provisionedGbSecond: Prices;
  /** Of what runs in provisioned instances. */
  readonly provisionedDurationGbSecond: Prices;
  /** Of temporary storage beyond 512 MB. */
  readonly storageGbSecond: number;
  /** Of answers. */
  readonly transferGb: number;
  /** Of a container that always runs. */
  readonly vcpuHour: number;
  readonly containerGbHour: number;
}
interface Prices {
  readonly x86_64: number;
  readonly arm64: number;
}

/** AWS's list price in us-east-1, first tier, without what is free. */
export const AWS_PRICES: PriceBook = {
  name: "aws",
  currency: "USD",
  source:
    "https://aws.amazon.com/lambda/pricing/ and https://aws.amazon.com/fargate/pricing/, us-east-1",
  date: "2025",
  request: 0.2e-6,
  gbSecond: { x86_64: 0.0000166667, arm64: 0.0000133334 },
  provisionedGbSecond: { x86_64: 0.0000041667, arm64: 0.0000033334 },
  provisionedDurationGbSecond: { x86_64: 0.0000097222, arm64: 0.0000077778 },
  storageGbSecond: 0.0000000309,
  transferGb: 0.09,
  vcpuHour: 0.04048,
  containerGbHour: 0.004445,
};

export interface OwnMachines {
  readonly currency: string;
  /** What the machines cost in a month, all of it: depreciation, power, place, work. */
  readonly monthly: number;
  /** Their memory, in GB. */
  readonly gigabytes: number;
}

const MONTH_HOURS = 730;

/** Own machines: memory is what they run out of, so that all of their cost is spread over it. */
export function ownPrices({ currency, monthly, gigabytes }: OwnMachines): PriceBook {
  const gbHour = monthly / MONTH_HOURS / gigabytes;
  const gbSecond = gbHour / 3600;
  const both = { x86_64: gbSecond, arm64: gbSecond };
  return {
    name: "own",
    currency,
    source: `${monthly} ${currency} a month for ${gigabytes} GB of memory`,
    date: "configuration",
    request: 0,
    gbSecond: both,
    provisionedGbSecond: both,
    provisionedDurationGbSecond: { x86_64: 0, arm64: 0 },
    storageGbSecond: 0,
    transferGb: 0,
    vcpuHour: 0,
    containerGbHour: gbHour,
  };
}
