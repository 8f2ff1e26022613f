/** What NVML tells of the GPUs of a machine: the twin of native/core/snapshot/gpus.h. */

export interface GpuProcess {
  /** As the driver counts: in a container it may be that of the host. */
  pid: number;
  usedBytes?: number;
}

export interface Gpu {
  index: number;
  name: string;
  uuid?: string;
  /** Share of the driver's last sampling period, a second at most, in which a kernel ran; absent e.g. under MIG. */
  busyPercent?: number;
  usedBytes?: number;
  totalBytes?: number;
  processes: GpuProcess[];
}

export interface GpuReading {
  gpus: Gpu[];
  /** Why there is nothing, one sentence. */
  lack?: string;
}
