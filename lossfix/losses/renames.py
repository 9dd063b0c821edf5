"""What TensorFlow and Keras renamed and removed, derived from TensorFlow 2.21.0 and Keras 3.15.1.

Written by ``tools/derive_names.py``, which says from what; not to be edited.
"""

RENAMED = """
tf.COMPILER_VERSION tf.version.COMPILER_VERSION
tf.CXX11_ABI_FLAG tf.sysconfig.CXX11_ABI_FLAG
tf.CXX_VERSION tf.sysconfig.CXX_VERSION
tf.FIFOQueue tf.queue.FIFOQueue
tf.FixedLenFeature tf.io.FixedLenFeature
tf.FixedLenSequenceFeature tf.io.FixedLenSequenceFeature
tf.GIT_VERSION tf.version.GIT_VERSION
tf.GRAPH_DEF_VERSION tf.version.GRAPH_DEF_VERSION
tf.GRAPH_DEF_VERSION_MIN_CONSUMER tf.version.GRAPH_DEF_VERSION_MIN_CONSUMER
tf.GRAPH_DEF_VERSION_MIN_PRODUCER tf.version.GRAPH_DEF_VERSION_MIN_PRODUCER
tf.MONOLITHIC_BUILD tf.sysconfig.MONOLITHIC_BUILD
tf.NoGradient tf.no_gradient
tf.NotDifferentiable tf.no_gradient
tf.OpError tf.errors.OpError
tf.PaddingFIFOQueue tf.queue.PaddingFIFOQueue
tf.PriorityQueue tf.queue.PriorityQueue
tf.QUANTIZED_DTYPES tf.dtypes.QUANTIZED_DTYPES
tf.QueueBase tf.queue.QueueBase
tf.RandomShuffleQueue tf.queue.RandomShuffleQueue
tf.SparseFeature tf.io.SparseFeature
tf.VERSION tf.version.VERSION
tf.VarLenFeature tf.io.VarLenFeature
tf.accumulate_n tf.math.accumulate_n
tf.angle tf.math.angle
tf.assert_proper_iterable tf.debugging.assert_proper_iterable
tf.assert_same_float_dtype tf.debugging.assert_same_float_dtype
tf.batch_to_space_nd tf.batch_to_space
tf.betainc tf.math.betainc
tf.bincount tf.math.bincount
tf.ceil tf.math.ceil
tf.check_numerics tf.debugging.check_numerics
tf.cholesky tf.linalg.cholesky
tf.cholesky_solve tf.linalg.cholesky_solve
tf.conj tf.math.conj
tf.cross tf.linalg.cross
tf.cumprod tf.math.cumprod
tf.data.experimental.DatasetStructure tf.data.DatasetSpec
tf.data.experimental.OptionalStructure tf.OptionalSpec
tf.data.experimental.Structure tf.TypeSpec
tf.debugging.is_finite tf.math.is_finite
tf.debugging.is_inf tf.math.is_inf
tf.debugging.is_nan tf.math.is_nan
tf.debugging.is_non_decreasing tf.math.is_non_decreasing
tf.debugging.is_strictly_increasing tf.math.is_strictly_increasing
tf.decode_base64 tf.io.decode_base64
tf.decode_compressed tf.io.decode_compressed
tf.decode_json_example tf.io.decode_json_example
tf.dequantize tf.quantization.dequantize
tf.deserialize_many_sparse tf.io.deserialize_many_sparse
tf.diag tf.linalg.tensor_diag
tf.diag_part tf.linalg.tensor_diag_part
tf.digamma tf.math.digamma
tf.dimension_at_index tf.compat.dimension_at_index
tf.dimension_value tf.compat.dimension_value
tf.div_no_nan tf.math.divide_no_nan
tf.dtypes.as_string tf.strings.as_string
tf.encode_base64 tf.io.encode_base64
tf.erf tf.math.erf
tf.erfc tf.math.erfc
tf.expm1 tf.math.expm1
tf.fake_quant_with_min_max_args tf.quantization.fake_quant_with_min_max_args
tf.fake_quant_with_min_max_args_gradient tf.quantization.fake_quant_with_min_max_args_gradient
tf.fake_quant_with_min_max_vars tf.quantization.fake_quant_with_min_max_vars
tf.fake_quant_with_min_max_vars_gradient tf.quantization.fake_quant_with_min_max_vars_gradient
tf.fake_quant_with_min_max_vars_per_channel tf.quantization.fake_quant_with_min_max_vars_per_channel
tf.fake_quant_with_min_max_vars_per_channel_gradient tf.quantization.fake_quant_with_min_max_vars_per_channel_gradient
tf.fft tf.signal.fft
tf.fft2d tf.signal.fft2d
tf.fft3d tf.signal.fft3d
tf.floor_div tf.math.floordiv
tf.floordiv tf.math.floordiv
tf.floormod tf.math.floormod
tf.gfile.GFile tf.io.gfile.GFile
tf.gfile.Open tf.io.gfile.GFile
tf.global_norm tf.linalg.global_norm
tf.ifft tf.signal.ifft
tf.ifft2d tf.signal.ifft2d
tf.ifft3d tf.signal.ifft3d
tf.igamma tf.math.igamma
tf.igammac tf.math.igammac
tf.imag tf.math.imag
tf.image.resize_image_with_crop_or_pad tf.image.resize_with_crop_or_pad
tf.image.transpose_image tf.image.transpose
tf.invert_permutation tf.math.invert_permutation
tf.io.PaddingFIFOQueue tf.queue.PaddingFIFOQueue
tf.io.PriorityQueue tf.queue.PriorityQueue
tf.io.QueueBase tf.queue.QueueBase
tf.io.RandomShuffleQueue tf.queue.RandomShuffleQueue
tf.is_finite tf.math.is_finite
tf.is_inf tf.math.is_inf
tf.is_nan tf.math.is_nan
tf.is_non_decreasing tf.math.is_non_decreasing
tf.is_numeric_tensor tf.debugging.is_numeric_tensor
tf.is_strictly_increasing tf.math.is_strictly_increasing
tf.keras.losses.cosine tf.keras.losses.cosine_similarity
tf.keras.losses.cosine_proximity tf.keras.losses.cosine_similarity
tf.keras.metrics.cosine tf.keras.losses.cosine_similarity
tf.keras.metrics.cosine_proximity tf.keras.losses.cosine_similarity
tf.layers.InputSpec tf.keras.layers.InputSpec
tf.lbeta tf.math.lbeta
tf.lgamma tf.math.lgamma
tf.lin_space tf.linspace
tf.linalg.transpose tf.linalg.matrix_transpose
tf.lite.constants.FLOAT tf.float32
tf.lite.constants.FLOAT16 tf.float16
tf.lite.constants.INT16 tf.int16
tf.lite.constants.INT32 tf.int32
tf.lite.constants.INT64 tf.int64
tf.lite.constants.INT8 tf.int8
tf.lite.constants.QUANTIZED_UINT8 tf.uint8
tf.lite.constants.STRING tf.string
tf.log tf.math.log
tf.log1p tf.math.log1p
tf.log_sigmoid tf.math.log_sigmoid
tf.logical_xor tf.math.logical_xor
tf.manip.batch_to_space_nd tf.batch_to_space
tf.manip.reshape tf.reshape
tf.manip.reverse tf.reverse
tf.manip.roll tf.roll
tf.manip.scatter_nd tf.scatter_nd
tf.manip.space_to_batch_nd tf.space_to_batch_nd
tf.manip.tile tf.tile
tf.matching_files tf.io.matching_files
tf.matrix_band_part tf.linalg.band_part
tf.matrix_determinant tf.linalg.det
tf.matrix_diag tf.linalg.diag
tf.matrix_diag_part tf.linalg.diag_part
tf.matrix_inverse tf.linalg.inv
tf.matrix_set_diag tf.linalg.set_diag
tf.matrix_solve tf.linalg.solve
tf.matrix_solve_ls tf.linalg.lstsq
tf.matrix_transpose tf.linalg.matrix_transpose
tf.matrix_triangular_solve tf.linalg.triangular_solve
tf.mod tf.math.floormod
tf.nn.avg_pool_v2 tf.nn.avg_pool
tf.nn.ctc_beam_search_decoder_v2 tf.nn.ctc_beam_search_decoder
tf.nn.depthwise_conv2d_native_backprop_filter tf.nn.depthwise_conv2d_backprop_filter
tf.nn.depthwise_conv2d_native_backprop_input tf.nn.depthwise_conv2d_backprop_input
tf.nn.log_uniform_candidate_sampler tf.random.log_uniform_candidate_sampler
tf.nn.max_pool_v2 tf.nn.max_pool
tf.nn.uniform_candidate_sampler tf.random.uniform_candidate_sampler
tf.parse_single_sequence_example tf.io.parse_single_sequence_example
tf.parse_tensor tf.io.parse_tensor
tf.polygamma tf.math.polygamma
tf.python_io.TFRecordOptions tf.io.TFRecordOptions
tf.python_io.TFRecordWriter tf.io.TFRecordWriter
tf.qr tf.linalg.qr
tf.quantize tf.quantization.quantize
tf.quantized_concat tf.quantization.quantized_concat
tf.random_crop tf.image.random_crop
tf.random_gamma tf.random.gamma
tf.random_normal tf.random.normal
tf.random_shuffle tf.random.shuffle
tf.random_uniform tf.random.uniform
tf.read_file tf.io.read_file
tf.real tf.math.real
tf.reciprocal tf.math.reciprocal
tf.regex_replace tf.strings.regex_replace
tf.reverse_v2 tf.reverse
tf.rint tf.math.rint
tf.rsqrt tf.math.rsqrt
tf.saved_model.constants.ASSETS_DIRECTORY tf.saved_model.ASSETS_DIRECTORY
tf.saved_model.constants.ASSETS_KEY tf.saved_model.ASSETS_KEY
tf.saved_model.constants.DEBUG_DIRECTORY tf.saved_model.DEBUG_DIRECTORY
tf.saved_model.constants.DEBUG_INFO_FILENAME_PB tf.saved_model.DEBUG_INFO_FILENAME_PB
tf.saved_model.constants.SAVED_MODEL_FILENAME_PB tf.saved_model.SAVED_MODEL_FILENAME_PB
tf.saved_model.constants.SAVED_MODEL_FILENAME_PBTXT tf.saved_model.SAVED_MODEL_FILENAME_PBTXT
tf.saved_model.constants.SAVED_MODEL_SCHEMA_VERSION tf.saved_model.SAVED_MODEL_SCHEMA_VERSION
tf.saved_model.constants.VARIABLES_DIRECTORY tf.saved_model.VARIABLES_DIRECTORY
tf.saved_model.constants.VARIABLES_FILENAME tf.saved_model.VARIABLES_FILENAME
tf.saved_model.experimental.save tf.saved_model.save
tf.saved_model.load_v2 tf.saved_model.load
tf.saved_model.loader.maybe_saved_model_directory tf.saved_model.contains_saved_model
tf.saved_model.maybe_saved_model_directory tf.saved_model.contains_saved_model
tf.saved_model.signature_constants.CLASSIFY_INPUTS tf.saved_model.CLASSIFY_INPUTS
tf.saved_model.signature_constants.CLASSIFY_METHOD_NAME tf.saved_model.CLASSIFY_METHOD_NAME
tf.saved_model.signature_constants.CLASSIFY_OUTPUT_CLASSES tf.saved_model.CLASSIFY_OUTPUT_CLASSES
tf.saved_model.signature_constants.CLASSIFY_OUTPUT_SCORES tf.saved_model.CLASSIFY_OUTPUT_SCORES
tf.saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY
tf.saved_model.signature_constants.PREDICT_INPUTS tf.saved_model.PREDICT_INPUTS
tf.saved_model.signature_constants.PREDICT_METHOD_NAME tf.saved_model.PREDICT_METHOD_NAME
tf.saved_model.signature_constants.PREDICT_OUTPUTS tf.saved_model.PREDICT_OUTPUTS
tf.saved_model.signature_constants.REGRESS_INPUTS tf.saved_model.REGRESS_INPUTS
tf.saved_model.signature_constants.REGRESS_METHOD_NAME tf.saved_model.REGRESS_METHOD_NAME
tf.saved_model.signature_constants.REGRESS_OUTPUTS tf.saved_model.REGRESS_OUTPUTS
tf.saved_model.tag_constants.GPU tf.saved_model.GPU
tf.saved_model.tag_constants.SERVING tf.saved_model.SERVING
tf.saved_model.tag_constants.TPU tf.saved_model.TPU
tf.saved_model.tag_constants.TRAINING tf.saved_model.TRAINING
tf.segment_max tf.math.segment_max
tf.segment_mean tf.math.segment_mean
tf.segment_min tf.math.segment_min
tf.segment_prod tf.math.segment_prod
tf.segment_sum tf.math.segment_sum
tf.self_adjoint_eig tf.linalg.eigh
tf.self_adjoint_eigvals tf.linalg.eigvalsh
tf.serialize_tensor tf.io.serialize_tensor
tf.sets.set_difference tf.sets.difference
tf.sets.set_intersection tf.sets.intersection
tf.sets.set_size tf.sets.size
tf.sets.set_union tf.sets.union
tf.sparse.matmul tf.sparse.sparse_dense_matmul
tf.sparse_fill_empty_rows tf.sparse.fill_empty_rows
tf.sparse_mask tf.sparse.mask
tf.sparse_maximum tf.sparse.maximum
tf.sparse_minimum tf.sparse.minimum
tf.sparse_reorder tf.sparse.reorder
tf.sparse_reset_shape tf.sparse.reset_shape
tf.sparse_reshape tf.sparse.reshape
tf.sparse_retain tf.sparse.retain
tf.sparse_slice tf.sparse.slice
tf.sparse_softmax tf.sparse.softmax
tf.sparse_tensor_dense_matmul tf.sparse.sparse_dense_matmul
tf.sparse_tensor_to_dense tf.sparse.to_dense
tf.sparse_to_indicator tf.sparse.to_indicator
tf.sparse_transpose tf.sparse.transpose
tf.spectral.dct tf.signal.dct
tf.spectral.fft tf.signal.fft
tf.spectral.fft2d tf.signal.fft2d
tf.spectral.fft3d tf.signal.fft3d
tf.spectral.idct tf.signal.idct
tf.spectral.ifft tf.signal.ifft
tf.spectral.ifft2d tf.signal.ifft2d
tf.spectral.ifft3d tf.signal.ifft3d
tf.spectral.irfft tf.signal.irfft
tf.spectral.irfft2d tf.signal.irfft2d
tf.spectral.irfft3d tf.signal.irfft3d
tf.spectral.rfft tf.signal.rfft
tf.spectral.rfft2d tf.signal.rfft2d
tf.spectral.rfft3d tf.signal.rfft3d
tf.squared_difference tf.math.squared_difference
tf.string_join tf.strings.join
tf.string_strip tf.strings.strip
tf.string_to_hash_bucket_fast tf.strings.to_hash_bucket_fast
tf.string_to_hash_bucket_strong tf.strings.to_hash_bucket_strong
tf.svd tf.linalg.svd
tf.tensor_scatter_add tf.tensor_scatter_nd_add
tf.tensor_scatter_sub tf.tensor_scatter_nd_sub
tf.tensor_scatter_update tf.tensor_scatter_nd_update
tf.trace tf.linalg.trace
tf.train.Server tf.distribute.Server
tf.train.confusion_matrix tf.math.confusion_matrix
tf.train.match_filenames_once tf.io.match_filenames_once
tf.train.sdca_fprint tf.raw_ops.SdcaFprint
tf.train.sdca_optimizer tf.raw_ops.SdcaOptimizer
tf.train.sdca_shrink_l1 tf.raw_ops.SdcaShrinkL1
tf.train.write_graph tf.io.write_graph
tf.truncated_normal tf.random.truncated_normal
tf.unsorted_segment_max tf.math.unsorted_segment_max
tf.unsorted_segment_mean tf.math.unsorted_segment_mean
tf.unsorted_segment_min tf.math.unsorted_segment_min
tf.unsorted_segment_prod tf.math.unsorted_segment_prod
tf.unsorted_segment_sqrt_n tf.math.unsorted_segment_sqrt_n
tf.unsorted_segment_sum tf.math.unsorted_segment_sum
tf.where_v2 tf.where
tf.write_file tf.io.write_file
tf.zeta tf.math.zeta
"""
"""Gone names of TensorFlow, and the name under which any call of them works as it is."""

REORDERED = """
tf.arg_max(input, dimension, output_type, name) -> tf.argmax({input}, axis={dimension}, output_type={output_type}, name={name})
tf.arg_min(input, dimension, output_type, name) -> tf.argmin({input}, axis={dimension}, output_type={output_type}, name={name})
tf.confusion_matrix(labels, predictions, num_classes, dtype, name, weights) -> tf.math.confusion_matrix({labels}, {predictions}, num_classes={num_classes}, weights={weights}, dtype={dtype}, name={name})
tf.count_nonzero(input_tensor, axis, keepdims, dtype, name, reduction_indices, keep_dims, input) -> tf.math.count_nonzero({input}, axis={axis}, keepdims={keepdims}, dtype={dtype}, name={name})
tf.data.experimental.RaggedTensorStructure(dtype, shape, ragged_rank) -> tf.RaggedTensorSpec(shape={shape}, dtype={dtype}, ragged_rank={ragged_rank})
tf.data.experimental.SparseTensorStructure(dtype, shape) -> tf.SparseTensorSpec(shape={shape}, dtype={dtype})
tf.data.experimental.TensorArrayStructure(dtype, element_shape, dynamic_size, infer_shape) -> tf.TensorArraySpec(element_shape={element_shape}, dtype={dtype}, dynamic_size={dynamic_size}, infer_shape={infer_shape})
tf.data.experimental.TensorStructure(dtype, shape) -> tf.TensorSpec({shape}, dtype={dtype})
tf.decode_csv(records, record_defaults, field_delim, use_quote_delim, name, na_value, select_cols) -> tf.io.decode_csv({records}, {record_defaults}, field_delim={field_delim}, use_quote_delim={use_quote_delim}, na_value={na_value}, select_cols={select_cols}, name={name})
tf.decode_raw(input_bytes, out_type, little_endian, name, bytes) -> tf.io.decode_raw({input_bytes}, {out_type}, little_endian={little_endian}, name={name})
tf.depth_to_space(input, block_size, name, data_format) -> tf.nn.depth_to_space({input}, {block_size}, data_format={data_format}, name={name})
tf.extract_image_patches(images, ksizes, strides, rates, padding, name, sizes) -> tf.image.extract_patches({images}, {sizes}, {strides}, {rates}, {padding}, name={name})
tf.gfile.Copy(oldpath, newpath, overwrite) -> tf.io.gfile.copy({oldpath}, {newpath}, overwrite={overwrite})
tf.gfile.DeleteRecursively(dirname) -> tf.io.gfile.rmtree({dirname})
tf.gfile.Exists(filename) -> tf.io.gfile.exists({filename})
tf.gfile.Glob(filename) -> tf.io.gfile.glob({filename})
tf.gfile.IsDirectory(dirname) -> tf.io.gfile.isdir({dirname})
tf.gfile.ListDirectory(dirname) -> tf.io.gfile.listdir({dirname})
tf.gfile.MakeDirs(dirname) -> tf.io.gfile.makedirs({dirname})
tf.gfile.MkDir(dirname) -> tf.io.gfile.mkdir({dirname})
tf.gfile.Remove(filename) -> tf.io.gfile.remove({filename})
tf.gfile.Rename(oldname, newname, overwrite) -> tf.io.gfile.rename({oldname}, {newname}, overwrite={overwrite})
tf.gfile.Stat(filename) -> tf.io.gfile.stat({filename})
tf.gfile.Walk(top, in_order) -> tf.io.gfile.walk({top}, topdown={in_order})
tf.image.extract_image_patches(images, ksizes, strides, rates, padding, name, sizes) -> tf.image.extract_patches({images}, {sizes}, {strides}, {rates}, {padding}, name={name})
tf.image.resize_images(images, size, method, align_corners!, preserve_aspect_ratio, name) -> tf.image.resize({images}, {size}, method={method}, preserve_aspect_ratio={preserve_aspect_ratio}, name={name})
tf.load_file_system_library(library_filename) -> tf.load_library({library_filename})
tf.manip.gather_nd(params, indices, name, batch_dims, bad_indices_policy) -> tf.gather_nd({params}, {indices}, batch_dims={batch_dims}, name={name}, bad_indices_policy={bad_indices_policy})
tf.multinomial(logits, num_samples, seed, name, output_dtype) -> tf.random.categorical({logits}, {num_samples}, dtype={output_dtype}, seed={seed}, name={name})
tf.nn.conv2d_backprop_input(input_sizes, filter, out_backprop, strides, padding, use_cudnn_on_gpu!, data_format, dilations, name, filters) -> tf.nn.conv2d_transpose({out_backprop}, {filters}, {input_sizes}, {strides}, padding={padding}, data_format={data_format}, dilations={dilations}, name={name})
tf.nn.softmax_cross_entropy_with_logits_v2(labels, logits, axis, name, dim) -> tf.nn.softmax_cross_entropy_with_logits({labels}, {logits}, axis={axis}, name={name})
tf.parse_example(serialized, features, name, example_names) -> tf.io.parse_example({serialized}, {features}, example_names={example_names}, name={name})
tf.parse_single_example(serialized, features, name, example_names) -> tf.io.parse_single_example({serialized}, {features}, example_names={example_names}, name={name})
tf.quantize_v2(input, min_range, max_range, T, mode, name, round_mode, narrow_range, axis, ensure_minimum_range) -> tf.quantization.quantize({input}, {min_range}, {max_range}, {T}, mode={mode}, round_mode={round_mode}, name={name}, narrow_range={narrow_range}, axis={axis}, ensure_minimum_range={ensure_minimum_range})
tf.random.multinomial(logits, num_samples, seed, name, output_dtype) -> tf.random.categorical({logits}, {num_samples}, dtype={output_dtype}, seed={seed}, name={name})
tf.random.stateless_multinomial(logits, num_samples, seed, output_dtype, name) -> tf.random.stateless_categorical({logits}, {num_samples}, {seed}, dtype={output_dtype}, name={name})
tf.random_poisson(lam, shape, dtype, seed, name) -> tf.random.poisson({shape}, {lam}, dtype={dtype}, seed={seed}, name={name})
tf.reduce_join(inputs, axis, keep_dims, separator, name, reduction_indices, keepdims) -> tf.strings.reduce_join({inputs}, axis={axis}, keepdims={keepdims}, separator={separator}, name={name})
tf.serialize_many_sparse(sp_input, name, out_type) -> tf.io.serialize_many_sparse({sp_input}, out_type={out_type}, name={name})
tf.serialize_sparse(sp_input, name, out_type) -> tf.io.serialize_sparse({sp_input}, out_type={out_type}, name={name})
tf.space_to_depth(input, block_size, name, data_format) -> tf.nn.space_to_depth({input}, {block_size}, data_format={data_format}, name={name})
tf.sparse_add(a, b, threshold, thresh) -> tf.sparse.add({a}, {b}, threshold={threshold})
tf.sparse_concat(axis, sp_inputs, name, expand_nonconcat_dim, concat_dim, expand_nonconcat_dims) -> tf.sparse.concat({axis}, {sp_inputs}, expand_nonconcat_dims={expand_nonconcat_dims}, name={name})
tf.sparse_matmul(a, b, transpose_a, transpose_b, a_is_sparse, b_is_sparse, name) -> tf.linalg.matmul({a}, {b}, transpose_a={transpose_a}, transpose_b={transpose_b}, a_is_sparse={a_is_sparse}, b_is_sparse={b_is_sparse}, name={name})
tf.sparse_reduce_max(sp_input, axis, keepdims, reduction_axes, keep_dims) -> tf.sparse.reduce_max({sp_input}, axis={axis}, keepdims={keepdims})
tf.sparse_reduce_sum(sp_input, axis, keepdims, reduction_axes, keep_dims) -> tf.sparse.reduce_sum({sp_input}, axis={axis}, keepdims={keepdims})
tf.sparse_segment_mean(data, indices, segment_ids, name, num_segments, sparse_gradient) -> tf.sparse.segment_mean({data}, {indices}, {segment_ids}, num_segments={num_segments}, name={name}, sparse_gradient={sparse_gradient})
tf.sparse_segment_sqrt_n(data, indices, segment_ids, name, num_segments, sparse_gradient) -> tf.sparse.segment_sqrt_n({data}, {indices}, {segment_ids}, num_segments={num_segments}, name={name}, sparse_gradient={sparse_gradient})
tf.sparse_segment_sum(data, indices, segment_ids, name, num_segments, sparse_gradient) -> tf.sparse.segment_sum({data}, {indices}, {segment_ids}, num_segments={num_segments}, name={name}, sparse_gradient={sparse_gradient})
tf.sparse_split(keyword_required!, sp_input, num_split, axis, name, split_dim) -> tf.sparse.split(sp_input={sp_input}, num_split={num_split}, axis={axis}, name={name})
tf.string_to_hash_bucket(string_tensor, num_buckets, name, input) -> tf.strings.to_hash_bucket({input}, {num_buckets}, name={name})
tf.string_to_number(string_tensor, out_type, name, input) -> tf.strings.to_number({input}, out_type={out_type}, name={name})
tf.substr(input, pos, len, name, unit) -> tf.strings.substr({input}, {pos}, {len}, unit={unit}, name={name})
tf.verify_tensor_all_finite(t, msg, name, x, message) -> tf.debugging.assert_all_finite({x}, {message}, name={name})
"""
"""Gone names whose parameters changed: the old signature, and the call that it became."""

ONLY_V1 = """
tf.AUTO_REUSE
tf.AttrValue
tf.ConditionalAccumulator
tf.ConditionalAccumulatorBase
tf.ConfigProto
tf.Dimension
tf.Event
tf.FixedLengthRecordReader
tf.GPUOptions
tf.GraphDef
tf.GraphKeys
tf.GraphOptions
tf.HistogramProto
tf.IdentityReader
tf.InteractiveSession
tf.LMDBReader
tf.LogMessage
tf.MetaGraphDef
tf.NameAttrList
tf.NodeDef
tf.OptimizerOptions
tf.Print
tf.ReaderBase
tf.RunMetadata
tf.RunOptions
tf.Session
tf.SessionLog
tf.SparseConditionalAccumulator
tf.SparseTensorValue
tf.Summary
tf.SummaryMetadata
tf.TFRecordReader
tf.TensorInfo
tf.TextLineReader
tf.VariableScope
tf.WholeFileReader
tf.add_check_numerics_ops
tf.add_to_collection
tf.add_to_collections
tf.all_variables
tf.app.flags
tf.app.run
tf.assert_greater_equal
tf.assert_integer
tf.assert_less_equal
tf.assert_near
tf.assert_negative
tf.assert_non_negative
tf.assert_non_positive
tf.assert_none_equal
tf.assert_positive
tf.assert_rank_at_least
tf.assert_rank_in
tf.assert_scalar
tf.assert_type
tf.assert_variables_initialized
tf.assign
tf.assign_add
tf.assign_sub
tf.batch_gather
tf.batch_scatter_update
tf.clip_by_average_norm
tf.colocate_with
tf.container
tf.control_flow_v2_enabled
tf.convert_to_tensor_or_indexed_slices
tf.convert_to_tensor_or_sparse_tensor
tf.count_up_to
tf.create_partitioned_variables
tf.data.experimental.map_and_batch_with_legacy_function
tf.data.get_output_classes
tf.data.get_output_shapes
tf.data.get_output_types
tf.data.make_initializable_iterator
tf.data.make_one_shot_iterator
tf.delete_session_tensor
tf.disable_control_flow_v2
tf.disable_eager_execution
tf.disable_resource_variables
tf.disable_tensor_equality
tf.disable_v2_behavior
tf.disable_v2_tensorshape
tf.distribute.get_loss_reduction
tf.distributions.Bernoulli
tf.distributions.Beta
tf.distributions.Categorical
tf.distributions.Dirichlet
tf.distributions.DirichletMultinomial
tf.distributions.Distribution
tf.distributions.Exponential
tf.distributions.FULLY_REPARAMETERIZED
tf.distributions.Gamma
tf.distributions.Laplace
tf.distributions.Multinomial
tf.distributions.NOT_REPARAMETERIZED
tf.distributions.Normal
tf.distributions.RegisterKL
tf.distributions.ReparameterizationType
tf.distributions.StudentT
tf.distributions.Uniform
tf.distributions.kl_divergence
tf.div
tf.enable_control_flow_v2
tf.enable_eager_execution
tf.enable_resource_variables
tf.enable_tensor_equality
tf.enable_v2_behavior
tf.enable_v2_tensorshape
tf.errors.error_code_from_exception_type
tf.errors.exception_type_from_error_code
tf.errors.raise_exception_on_not_ok_status
tf.executing_eagerly_outside_functions
tf.experimental.output_all_intermediates
tf.feature_column.input_layer
tf.feature_column.linear_model
tf.feature_column.shared_embedding_columns
tf.fixed_size_partitioner
tf.get_collection
tf.get_collection_ref
tf.get_default_graph
tf.get_default_session
tf.get_local_variable
tf.get_seed
tf.get_session_handle
tf.get_session_tensor
tf.get_variable
tf.get_variable_scope
tf.gfile.FastGFile
tf.global_variables
tf.global_variables_initializer
tf.glorot_normal_initializer
tf.glorot_uniform_initializer
tf.graph_util.convert_variables_to_constants
tf.graph_util.extract_sub_graph
tf.graph_util.must_run_on_cpu
tf.graph_util.remove_training_nodes
tf.graph_util.tensor_shape_from_node_def_name
tf.image.resize_area
tf.image.resize_bicubic
tf.image.resize_bilinear
tf.image.resize_image_with_pad
tf.image.resize_nearest_neighbor
tf.initialize_all_tables
tf.initialize_all_variables
tf.initialize_local_variables
tf.initialize_variables
tf.initializers.global_variables
tf.initializers.local_variables
tf.initializers.tables_initializer
tf.initializers.uniform_unit_scaling
tf.initializers.variables
tf.io.TFRecordCompressionType
tf.io.tf_record_iterator
tf.is_variable_initialized
tf.keras.backend.get_session
tf.keras.backend.set_session
tf.keras.initializers.normal
tf.keras.initializers.uniform
tf.keras.layers.CuDNNGRU
tf.keras.layers.CuDNNLSTM
tf.keras.layers.disable_v2_dtype_behavior
tf.keras.layers.enable_v2_dtype_behavior
tf.keras.utils.DeterministicRandomTestTool
tf.keras.utils.get_or_create_layer
tf.keras.utils.track_tf1_style_variables
tf.layers.BatchNormalization
tf.layers.batch_normalization
tf.lite.OpHint
tf.lite.TocoConverter
tf.lite.constants.GRAPHVIZ_DOT
tf.lite.constants.TFLITE
tf.lite.experimental.convert_op_hints_to_stubs
tf.lite.toco_convert
tf.local_variables
tf.local_variables_initializer
tf.logging.DEBUG
tf.logging.ERROR
tf.logging.FATAL
tf.logging.INFO
tf.logging.TaskLevelStatusMessage
tf.logging.WARN
tf.logging.debug
tf.logging.error
tf.logging.fatal
tf.logging.flush
tf.logging.get_verbosity
tf.logging.info
tf.logging.log
tf.logging.log_every_n
tf.logging.log_first_n
tf.logging.log_if
tf.logging.set_verbosity
tf.logging.vlog
tf.logging.warn
tf.logging.warning
tf.losses.Reduction.MEAN
tf.losses.Reduction.SUM_BY_NONZERO_WEIGHTS
tf.losses.Reduction.SUM_OVER_NONZERO_WEIGHTS
tf.losses.absolute_difference
tf.losses.add_loss
tf.losses.compute_weighted_loss
tf.losses.cosine_distance
tf.losses.get_losses
tf.losses.get_regularization_loss
tf.losses.get_regularization_losses
tf.losses.get_total_loss
tf.losses.hinge_loss
tf.losses.huber_loss
tf.losses.log_loss
tf.losses.mean_pairwise_squared_error
tf.losses.mean_squared_error
tf.losses.sigmoid_cross_entropy
tf.losses.softmax_cross_entropy
tf.losses.sparse_softmax_cross_entropy
tf.make_template
tf.metrics.accuracy
tf.metrics.auc
tf.metrics.average_precision_at_k
tf.metrics.false_negatives
tf.metrics.false_negatives_at_thresholds
tf.metrics.false_positives
tf.metrics.false_positives_at_thresholds
tf.metrics.mean
tf.metrics.mean_absolute_error
tf.metrics.mean_cosine_distance
tf.metrics.mean_iou
tf.metrics.mean_per_class_accuracy
tf.metrics.mean_relative_error
tf.metrics.mean_squared_error
tf.metrics.mean_tensor
tf.metrics.percentage_below
tf.metrics.precision
tf.metrics.precision_at_k
tf.metrics.precision_at_thresholds
tf.metrics.precision_at_top_k
tf.metrics.recall
tf.metrics.recall_at_k
tf.metrics.recall_at_thresholds
tf.metrics.recall_at_top_k
tf.metrics.root_mean_squared_error
tf.metrics.sensitivity_at_specificity
tf.metrics.sparse_average_precision_at_k
tf.metrics.sparse_precision_at_k
tf.metrics.specificity_at_sensitivity
tf.metrics.true_negatives
tf.metrics.true_negatives_at_thresholds
tf.metrics.true_positives
tf.metrics.true_positives_at_thresholds
tf.min_max_variable_partitioner
tf.mixed_precision.DynamicLossScale
tf.mixed_precision.FixedLossScale
tf.mixed_precision.LossScale
tf.mixed_precision.MixedPrecisionLossScaleOptimizer
tf.mixed_precision.disable_mixed_precision_graph_rewrite
tf.mixed_precision.enable_mixed_precision_graph_rewrite
tf.mixed_precision.experimental.DynamicLossScale
tf.mixed_precision.experimental.FixedLossScale
tf.mixed_precision.experimental.LossScale
tf.model_variables
tf.moving_average_variables
tf.nn.bidirectional_dynamic_rnn
tf.nn.conv2d_backprop_filter
tf.nn.conv3d_backprop_filter
tf.nn.conv3d_backprop_filter_v2
tf.nn.ctc_loss_v2
tf.nn.depthwise_conv2d_native
tf.nn.dynamic_rnn
tf.nn.fused_batch_norm
tf.nn.quantized_avg_pool
tf.nn.quantized_conv2d
tf.nn.quantized_max_pool
tf.nn.quantized_relu_x
tf.nn.raw_rnn
tf.nn.relu_layer
tf.nn.rnn_cell.BasicLSTMCell
tf.nn.rnn_cell.BasicRNNCell
tf.nn.rnn_cell.DeviceWrapper
tf.nn.rnn_cell.DropoutWrapper
tf.nn.rnn_cell.GRUCell
tf.nn.rnn_cell.LSTMCell
tf.nn.rnn_cell.LSTMStateTuple
tf.nn.rnn_cell.MultiRNNCell
tf.nn.rnn_cell.RNNCell
tf.nn.rnn_cell.ResidualWrapper
tf.nn.static_bidirectional_rnn
tf.nn.static_rnn
tf.nn.static_state_saving_rnn
tf.nn.xw_plus_b
tf.no_regularizer
tf.op_scope
tf.orthogonal_initializer
tf.placeholder
tf.placeholder_with_default
tf.profiler.AdviceProto
tf.profiler.GraphNodeProto
tf.profiler.MultiGraphNodeProto
tf.profiler.OpLogProto
tf.profiler.ProfileOptionBuilder
tf.profiler.Profiler
tf.profiler.advise
tf.profiler.profile
tf.profiler.write_op_log
tf.py_func
tf.python_io.TFRecordCompressionType
tf.python_io.tf_record_iterator
tf.ragged.RaggedTensorValue
tf.ragged.constant_value
tf.ragged.placeholder
tf.random.get_seed
tf.random.set_random_seed
tf.report_uninitialized_variables
tf.reset_default_graph
tf.resource_loader.get_data_files_path
tf.resource_loader.get_path_to_datafile
tf.resource_loader.get_root_dir_with_all_resources
tf.resource_loader.load_resource
tf.resource_loader.readahead_file_path
tf.resource_variables_enabled
tf.saved_model.Builder
tf.saved_model.LEGACY_INIT_OP_KEY
tf.saved_model.MAIN_OP_KEY
tf.saved_model.build_signature_def
tf.saved_model.build_tensor_info
tf.saved_model.builder.SavedModelBuilder
tf.saved_model.classification_signature_def
tf.saved_model.constants.LEGACY_INIT_OP_KEY
tf.saved_model.constants.MAIN_OP_KEY
tf.saved_model.get_tensor_from_tensor_info
tf.saved_model.is_valid_signature
tf.saved_model.loader.load
tf.saved_model.main_op.main_op
tf.saved_model.main_op.main_op_with_restore
tf.saved_model.main_op_with_restore
tf.saved_model.predict_signature_def
tf.saved_model.regression_signature_def
tf.saved_model.signature_def_utils.MethodNameUpdater
tf.saved_model.signature_def_utils.build_signature_def
tf.saved_model.signature_def_utils.classification_signature_def
tf.saved_model.signature_def_utils.is_valid_signature
tf.saved_model.signature_def_utils.predict_signature_def
tf.saved_model.signature_def_utils.regression_signature_def
tf.saved_model.simple_save
tf.saved_model.utils.build_tensor_info
tf.saved_model.utils.get_tensor_from_tensor_info
tf.scatter_add
tf.scatter_div
tf.scatter_max
tf.scatter_min
tf.scatter_mul
tf.scatter_nd_add
tf.scatter_nd_sub
tf.scatter_nd_update
tf.scatter_sub
tf.scatter_update
tf.set_random_seed
tf.setdiff1d
tf.sparse.SparseConditionalAccumulator
tf.sparse.merge
tf.sparse.placeholder
tf.sparse.reduce_max_sparse
tf.sparse.reduce_sum_sparse
tf.sparse_merge
tf.sparse_placeholder
tf.sparse_reduce_max_sparse
tf.sparse_reduce_sum_sparse
tf.sparse_to_dense
tf.string_split
tf.summary.Event
tf.summary.FileWriter
tf.summary.FileWriterCache
tf.summary.SessionLog
tf.summary.Summary
tf.summary.SummaryDescription
tf.summary.TaggedRunMetadata
tf.summary.all_v2_summary_ops
tf.summary.get_summary_description
tf.summary.initialize
tf.summary.merge
tf.summary.merge_all
tf.summary.tensor_summary
tf.tables_initializer
tf.test.StubOutForTesting
tf.test.compute_gradient_error
tf.test.get_temp_dir
tf.test.mock
tf.test.test_src_dir_path
tf.to_bfloat16
tf.to_complex128
tf.to_complex64
tf.to_double
tf.to_float
tf.to_int32
tf.to_int64
tf.tpu.CrossShardOptimizer
tf.tpu.PaddingSpec
tf.tpu.batch_parallel
tf.tpu.bfloat16_scope
tf.tpu.core
tf.tpu.cross_replica_sum
tf.tpu.experimental.AdagradParameters
tf.tpu.experimental.AdamParameters
tf.tpu.experimental.FtrlParameters
tf.tpu.experimental.StochasticGradientDescentParameters
tf.tpu.experimental.embedding_column
tf.tpu.experimental.shared_embedding_columns
tf.tpu.initialize_system
tf.tpu.outside_compilation
tf.tpu.replicate
tf.tpu.rewrite
tf.tpu.shard
tf.tpu.shutdown_system
tf.train.AdadeltaOptimizer
tf.train.AdagradDAOptimizer
tf.train.AdagradOptimizer
tf.train.AdamOptimizer
tf.train.CheckpointSaverHook
tf.train.CheckpointSaverListener
tf.train.ChiefSessionCreator
tf.train.FeedFnHook
tf.train.FinalOpsHook
tf.train.FtrlOptimizer
tf.train.GlobalStepWaiterHook
tf.train.GradientDescentOptimizer
tf.train.LoggingTensorHook
tf.train.LooperThread
tf.train.MomentumOptimizer
tf.train.MonitoredSession
tf.train.MonitoredTrainingSession
tf.train.NanLossDuringTrainingError
tf.train.NanTensorHook
tf.train.NewCheckpointReader
tf.train.Optimizer
tf.train.ProfilerHook
tf.train.ProximalAdagradOptimizer
tf.train.ProximalGradientDescentOptimizer
tf.train.QueueRunner
tf.train.RMSPropOptimizer
tf.train.Saver
tf.train.SaverDef
tf.train.Scaffold
tf.train.SecondOrStepTimer
tf.train.SessionCreator
tf.train.SessionManager
tf.train.SessionRunArgs
tf.train.SessionRunContext
tf.train.SessionRunHook
tf.train.SessionRunValues
tf.train.SingularMonitoredSession
tf.train.StepCounterHook
tf.train.StopAtStepHook
tf.train.SummarySaverHook
tf.train.Supervisor
tf.train.SyncReplicasOptimizer
tf.train.VocabInfo
tf.train.WorkerSessionCreator
tf.train.add_queue_runner
tf.train.assert_global_step
tf.train.basic_train_loop
tf.train.batch
tf.train.batch_join
tf.train.checkpoint_exists
tf.train.cosine_decay
tf.train.cosine_decay_restarts
tf.train.create_global_step
tf.train.do_quantize_training_on_graphdef
tf.train.experimental.DynamicLossScale
tf.train.experimental.FixedLossScale
tf.train.experimental.LossScale
tf.train.experimental.MixedPrecisionLossScaleOptimizer
tf.train.experimental.disable_mixed_precision_graph_rewrite
tf.train.experimental.enable_mixed_precision_graph_rewrite
tf.train.exponential_decay
tf.train.export_meta_graph
tf.train.generate_checkpoint_state_proto
tf.train.get_checkpoint_mtimes
tf.train.get_global_step
tf.train.get_or_create_global_step
tf.train.global_step
tf.train.import_meta_graph
tf.train.init_from_checkpoint
tf.train.input_producer
tf.train.inverse_time_decay
tf.train.limit_epochs
tf.train.linear_cosine_decay
tf.train.maybe_batch
tf.train.maybe_batch_join
tf.train.maybe_shuffle_batch
tf.train.maybe_shuffle_batch_join
tf.train.natural_exp_decay
tf.train.noisy_linear_cosine_decay
tf.train.piecewise_constant
tf.train.piecewise_constant_decay
tf.train.polynomial_decay
tf.train.queue_runner.QueueRunner
tf.train.queue_runner.add_queue_runner
tf.train.queue_runner.start_queue_runners
tf.train.range_input_producer
tf.train.remove_checkpoint
tf.train.replica_device_setter
tf.train.shuffle_batch
tf.train.shuffle_batch_join
tf.train.slice_input_producer
tf.train.start_queue_runners
tf.train.string_input_producer
tf.train.summary_iterator
tf.train.update_checkpoint_state
tf.train.warm_start
tf.trainable_variables
tf.truncated_normal_initializer
tf.uniform_unit_scaling_initializer
tf.variable_axis_size_partitioner
tf.variable_op_scope
tf.variable_scope
tf.variables_initializer
tf.variance_scaling_initializer
tf.wrap_function
"""
"""Names that ``tf.compat.v1`` alone still has."""

KEYWORDS = """
tf.argmax dimension axis
tf.argmin dimension axis
tf.batch_to_space block_size block_shape
tf.cond fn1 true_fn
tf.cond fn2 false_fn
tf.convert_to_tensor preferred_dtype dtype_hint
tf.debugging.assert_all_finite msg message
tf.debugging.assert_all_finite t x
tf.expand_dims dim axis
tf.image.crop_and_resize box_ind box_indices
tf.io.decode_raw bytes input_bytes
tf.linalg.norm keep_dims keepdims
tf.math.argmax dimension axis
tf.math.argmin dimension axis
tf.math.count_nonzero input_tensor input
tf.math.count_nonzero keep_dims keepdims
tf.math.count_nonzero reduction_indices axis
tf.math.log_softmax dim axis
tf.math.reduce_all keep_dims keepdims
tf.math.reduce_all reduction_indices axis
tf.math.reduce_any keep_dims keepdims
tf.math.reduce_any reduction_indices axis
tf.math.reduce_logsumexp keep_dims keepdims
tf.math.reduce_logsumexp reduction_indices axis
tf.math.reduce_max keep_dims keepdims
tf.math.reduce_max reduction_indices axis
tf.math.reduce_mean keep_dims keepdims
tf.math.reduce_mean reduction_indices axis
tf.math.reduce_min keep_dims keepdims
tf.math.reduce_min reduction_indices axis
tf.math.reduce_prod keep_dims keepdims
tf.math.reduce_prod reduction_indices axis
tf.math.reduce_sum keep_dims keepdims
tf.math.reduce_sum reduction_indices axis
tf.math.softmax dim axis
tf.nn.avg_pool value input
tf.nn.avg_pool2d value input
tf.nn.batch_norm_with_global_normalization m mean
tf.nn.batch_norm_with_global_normalization t input
tf.nn.batch_norm_with_global_normalization v variance
tf.nn.conv1d value input
tf.nn.conv2d filter filters
tf.nn.conv2d_transpose filter filters
tf.nn.conv2d_transpose value input
tf.nn.conv3d filter filters
tf.nn.conv3d_transpose filter filters
tf.nn.conv3d_transpose value input
tf.nn.convolution dilation_rate dilations
tf.nn.convolution filter filters
tf.nn.depthwise_conv2d rate dilations
tf.nn.dilation2d filter filters
tf.nn.dilation2d rates dilations
tf.nn.erosion2d kernel filters
tf.nn.erosion2d rates dilations
tf.nn.log_softmax dim axis
tf.nn.max_pool value input
tf.nn.max_pool_with_argmax Targmax output_dtype
tf.nn.moments keep_dims keepdims
tf.nn.pool dilation_rate dilations
tf.nn.separable_conv2d rate dilations
tf.nn.softmax dim axis
tf.nn.softmax_cross_entropy_with_logits dim axis
tf.nn.space_to_batch block_size block_shape
tf.nn.sufficient_statistics keep_dims keepdims
tf.nn.weighted_cross_entropy_with_logits targets labels
tf.nn.weighted_moments keep_dims keepdims
tf.norm keep_dims keepdims
tf.ones_like tensor input
tf.reduce_all keep_dims keepdims
tf.reduce_all reduction_indices axis
tf.reduce_any keep_dims keepdims
tf.reduce_any reduction_indices axis
tf.reduce_logsumexp keep_dims keepdims
tf.reduce_logsumexp reduction_indices axis
tf.reduce_max keep_dims keepdims
tf.reduce_max reduction_indices axis
tf.reduce_mean keep_dims keepdims
tf.reduce_mean reduction_indices axis
tf.reduce_min keep_dims keepdims
tf.reduce_min reduction_indices axis
tf.reduce_prod keep_dims keepdims
tf.reduce_prod reduction_indices axis
tf.reduce_sum keep_dims keepdims
tf.reduce_sum reduction_indices axis
tf.reverse_sequence batch_dim batch_axis
tf.reverse_sequence seq_dim seq_axis
tf.space_to_batch block_size block_shape
tf.sparse.add thresh threshold
tf.sparse.concat concat_dim axis
tf.sparse.concat expand_nonconcat_dim expand_nonconcat_dims
tf.sparse.reduce_max keep_dims keepdims
tf.sparse.reduce_max reduction_axes axis
tf.sparse.reduce_sum keep_dims keepdims
tf.sparse.reduce_sum reduction_axes axis
tf.sparse.split split_dim axis
tf.squeeze squeeze_dims axis
tf.strings.reduce_join keep_dims keepdims
tf.strings.reduce_join reduction_indices axis
tf.strings.to_hash_bucket string_tensor input
tf.strings.to_number string_tensor input
tf.zeros_like tensor input
"""
"""Keywords of functions that still exist: the function, the old keyword, the new one."""

BACKEND = """
abs(x)
all(x, axis, keepdims)
any(x, axis, keepdims)
arange(start, stop, step, dtype)
argmax(x, axis)
argmin(x, axis)
backend()
batch_dot(x, y, axes)
batch_flatten(x)
batch_get_value(tensors)
batch_normalization(x, mean, var, beta, gamma, axis, epsilon)
batch_set_value(tuples)
bias_add(x, bias, data_format)
binary_crossentropy(target, output, from_logits)
binary_focal_crossentropy(target, output, apply_class_balancing, alpha, gamma, from_logits)
cast(x, dtype)
cast_to_floatx(x)
categorical_crossentropy(target, output, from_logits, axis)
categorical_focal_crossentropy(target, output, alpha, gamma, from_logits, axis)
clear_session(free_memory)
clip(x, min_value, max_value)
concatenate(tensors, axis)
configure_and_create_distributed_session(distribution_strategy)
constant(value, dtype, shape, name)
conv1d(x, kernel, strides, padding, data_format, dilation_rate)
conv2d(x, kernel, strides, padding, data_format, dilation_rate)
conv2d_transpose(x, kernel, output_shape, strides, padding, data_format, dilation_rate)
conv3d(x, kernel, strides, padding, data_format, dilation_rate)
conv3d_transpose(x, kernel, output_shape, strides, padding, data_format)
convert_inputs_if_ragged(inputs)
cos(x)
count_params(x)
ctc_batch_cost(y_true, y_pred, input_length, label_length)
ctc_decode(y_pred, input_length, greedy, beam_width, top_paths)
ctc_label_dense_to_sparse(labels, label_lengths)
cumprod(x, axis)
cumsum(x, axis)
deprecated_internal_learning_phase_scope(value)
deprecated_internal_set_learning_phase(value)
depthwise_conv2d(x, depthwise_kernel, strides, padding, data_format, dilation_rate)
dot(x, y)
dropout(x, level, noise_shape, seed)
dtype(x)
dtype_numpy(x)
eager_learning_phase_scope(value)
elu(x, alpha)
epsilon()
equal(x, y)
eval(x)
exp(x)
expand_dims(x, axis)
eye(size, dtype, name)
flatten(x)
floatx()
foldl(fn, elems, initializer, name)
foldr(fn, elems, initializer, name)
function(inputs, outputs, updates, name)
gather(reference, indices)
get_session(op_input_list)
get_uid(prefix)
get_value(x)
gradients(loss, variables)
greater(x, y)
greater_equal(x, y)
hard_sigmoid(x)
identity(x, name)
image_data_format()
in_test_phase(x, alt, training)
in_top_k(predictions, targets, k)
in_train_phase(x, alt, training)
int_shape(x)
is_float_dtype(dtype)
is_int_dtype(dtype)
is_keras_tensor(x)
is_placeholder(x)
is_sparse(tensor)
is_tpu_strategy(strategy)
l2_normalize(x, axis)
learning_phase()
learning_phase_scope(value)
less(x, y)
less_equal(x, y)
local_conv(inputs, kernel, kernel_size, strides, output_shape, data_format)
local_conv1d(inputs, kernel, kernel_size, strides, data_format)
local_conv2d(inputs, kernel, kernel_size, strides, output_shape, data_format)
log(x)
logsumexp(x, axis, keepdims)
manual_variable_initialization(value)
map_fn(fn, elems, name, dtype)
max(x, axis, keepdims)
maximum(x, y)
maybe_convert_to_ragged(is_ragged_input, output, nested_row_lengths, go_backwards)
mean(x, axis, keepdims)
min(x, axis, keepdims)
minimum(x, y)
moving_average_update(x, value, momentum)
name_scope(name)
ndim(x)
normalize_batch_in_training(x, gamma, beta, reduction_axes, epsilon)
not_equal(x, y)
observe_object_name(name)
one_hot(indices, num_classes)
ones(shape, dtype, name)
ones_like(x, dtype, name)
permute_dimensions(x, pattern)
placeholder(shape, ndim, dtype, sparse, name, ragged)
pool2d(x, pool_size, strides, padding, data_format, pool_mode)
pool3d(x, pool_size, strides, padding, data_format, pool_mode)
pow(x, a)
print_tensor(x, message, summarize)
prod(x, axis, keepdims)
random_bernoulli(shape, p, dtype, seed)
random_binomial(shape, p, dtype, seed)
random_normal(shape, mean, stddev, dtype, seed)
random_normal_variable(shape, mean, scale, dtype, name, seed)
random_uniform(shape, minval, maxval, dtype, seed)
random_uniform_variable(shape, low, high, dtype, name, seed)
relu(x, alpha, max_value, threshold)
repeat(x, n)
repeat_elements(x, rep, axis)
reset_uids()
reshape(x, shape)
resize_images(x, height_factor, width_factor, data_format, interpolation)
resize_volumes(x, depth_factor, height_factor, width_factor, data_format)
result_type()
reverse(x, axes)
rnn(step_function, inputs, initial_states, go_backwards, mask, constants, unroll, input_length, time_major, zero_output_for_mask, return_all_outputs)
round(x)
separable_conv1d(x, depthwise_kernel, pointwise_kernel, strides, padding, data_format, dilation_rate)
separable_conv2d(x, depthwise_kernel, pointwise_kernel, strides, padding, data_format, dilation_rate)
set_epsilon(value)
set_floatx(value)
set_image_data_format(data_format)
set_learning_phase(value)
set_session(session)
set_value(x, value)
shape(x)
sigmoid(x)
sign(x)
sin(x)
softmax(x, axis)
softplus(x)
softsign(x)
sparse_categorical_crossentropy(target, output, from_logits, axis, ignore_class)
spatial_2d_padding(x, padding, data_format)
spatial_3d_padding(x, padding, data_format)
sqrt(x)
square(x)
squeeze(x, axis)
stack(x, axis)
standardize_dtype(dtype)
std(x, axis, keepdims)
stop_gradient(variables)
sum(x, axis, keepdims)
switch(condition, then_expression, else_expression)
tanh(x)
temporal_padding(x, padding)
tile(x, n)
to_dense(tensor)
track_tf_optimizer(tf_optimizer)
track_variable(v)
transpose(x)
truncated_normal(shape, mean, stddev, dtype, seed)
unique_object_name(name, name_uid_map, avoid_names, namespace, zero_based, avoid_observed_names)
update(x, new_x)
update_add(x, increment)
update_sub(x, decrement)
var(x, axis, keepdims)
variable(value, dtype, name, constraint)
zeros(shape, dtype, name)
zeros_like(x, dtype, name)
"""
"""The functions of Keras 2's ``keras.backend`` with their parameters."""

LOSSES = """
BCE
BinaryCrossentropy
CategoricalCrossentropy
CategoricalHinge
CosineSimilarity
Hinge
Huber
KLD
KLDivergence
LABEL_DTYPES_FOR_LOSSES
LogCosh
Loss
LossFunctionWrapper
MAE
MAPE
MSE
MSLE
MeanAbsoluteError
MeanAbsolutePercentageError
MeanSquaredError
MeanSquaredLogarithmicError
Poisson
SparseCategoricalCrossentropy
SquaredHinge
bce
binary_crossentropy
categorical_crossentropy
categorical_hinge
cosine_similarity
deserialize
get
hinge
huber
huber_loss
is_categorical_crossentropy
kl_divergence
kld
kullback_leibler_divergence
log_cosh
logcosh
mae
mape
mean_absolute_error
mean_absolute_percentage_error
mean_squared_error
mean_squared_logarithmic_error
mse
msle
poisson
serialize
sparse_categorical_crossentropy
squared_hinge
"""
"""What Keras 2 had in ``keras.losses``."""

METRICS = """
ACC
AUC
Accuracy
BCE
BinaryAccuracy
BinaryCrossentropy
CategoricalAccuracy
CategoricalCrossentropy
CategoricalHinge
CosineSimilarity
FalseNegatives
FalsePositives
Hinge
KLDivergence
LogCoshError
MAE
MAPE
MSE
MSLE
Mean
MeanAbsoluteError
MeanAbsolutePercentageError
MeanIoU
MeanMetricWrapper
MeanRelativeError
MeanSquaredError
MeanSquaredLogarithmicError
MeanTensor
Metric
Poisson
Precision
PrecisionAtRecall
Recall
RecallAtPrecision
Reduce
RootMeanSquaredError
SensitivityAtSpecificity
SensitivitySpecificityBase
SparseCategoricalAccuracy
SparseCategoricalCrossentropy
SparseTopKCategoricalAccuracy
SpecificityAtSensitivity
SquaredHinge
Sum
SumOverBatchSize
SumOverBatchSizeMetricWrapper
TopKCategoricalAccuracy
TrueNegatives
TruePositives
acc
accuracy
bce
binary_accuracy
categorical_accuracy
clone_metric
clone_metrics
cosine_proximity
cosine_similarity
deserialize
get
is_built_in
log_cosh
mae
mape
mse
msle
serialize
sparse_categorical_accuracy
sparse_top_k_categorical_accuracy
top_k_categorical_accuracy
"""
"""What Keras 2 had in ``keras.metrics``."""
