/* The HDF5 form of a layer profile, what writer and reader share.
 *
 *   root attributes  title, schema, schema_version, program (that wrote the file), origin (what made the numbers),
 *                    board, runtime, precision, network, input (channels, height, width)
 *   /clocks          cpu, gpu, mem: clocks of the grid [Hz], dimension scales
 *   /layers          layer (index, dimension scale), name, op, standing, work_flop
 *   /latency, /energy, /traffic, /activity
 *                    the costs of dvfo_layer_cost_kinds over (cpu, gpu, mem, layer) or (cpu, gpu, mem)
 *   /inputs          kind, name, sha256 of the files it was made from
 * Every dataset has units, long_name, standing and source; numbers are 64-bit floats, NaN where not measured; texts
 * have a fixed length. All of HDF5's own structures carry checksums (the format of HDF5 1.10), and so do the values: a
 * damaged file is told, not read. */
#ifndef DVFO_LAYER_PROFILE_FORMAT_H
#define DVFO_LAYER_PROFILE_FORMAT_H

#define DVFO_LAYER_SCHEMA "dvfo-layer-profile"

enum { DVFO_LAYER_SCHEMA_VERSION = 1 };

#endif
