// Where the time of an entry goes: by kernel, with the layers, roles and lines that it computes for, and in total by
// layer and by role.
import type { KernelOrigin } from "../../compiler/inspect/kernel-origins.ts";
import type { KernelProfile } from "../../runtime/profile.ts";

export interface KernelTime extends Omit<KernelProfile, "sites">, KernelOrigin {}

export interface Total {
  readonly name: string;
  readonly bestMs: number;
}

export interface Breakdown {
  readonly kernels: readonly KernelTime[];
  readonly byLayer: readonly Total[];
  readonly byRole: readonly Total[];
}

/**
 * `origins` are those of the entry's calls, in order. A kernel that is called for two layers has the layers of both;
 * its time is split by its calls.
 */
export function breakDown(profile: readonly KernelProfile[], origins: readonly KernelOrigin[]): Breakdown {
  const times = profile.flatMap(({ sites }) =>
    sites.flatMap(({ site, bestMs }) => origins.slice(site, site + 1).map((origin) => ({ origin, bestMs }))),
  );
  return {
    kernels: profile.map(({ sites, ...kernel }) => ({
      ...kernel,
      ...together(sites.flatMap(({ site }) => origins.slice(site, site + 1))),
    })),
    byLayer: totals(times.map(({ origin, bestMs }) => ({ name: origin.layers[0] ?? "", bestMs }))),
    byRole: totals(times.map(({ origin, bestMs }) => ({ name: origin.roles[0] ?? "", bestMs }))),
  };
}

function together(origins: readonly KernelOrigin[]): KernelOrigin {
  const all = (pick: (origin: KernelOrigin) => readonly string[]): string[] => {
    const first = origins.flatMap((origin) => pick(origin).slice(0, 1));
    return [...new Set([...first, ...origins.flatMap(pick)])];
  };
  return {
    layers: all(({ layers }) => layers),
    roles: all(({ roles }) => roles) as KernelOrigin["roles"][number][],
    lines: all(({ lines }) => lines),
    costs: origins[0]?.costs ?? [],
    drawnAgain: origins.some(({ drawnAgain }) => drawnAgain),
  };
}

function totals(times: readonly Total[]): readonly Total[] {
  const sums = new Map<string, number>();
  for (const { name, bestMs } of times) sums.set(name, (sums.get(name) ?? 0) + bestMs);
  return [...sums].map(([name, bestMs]) => ({ name, bestMs })).sort((a, b) => b.bestMs - a.bestMs);
}
