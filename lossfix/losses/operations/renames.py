"""What TensorFlow renamed and removed, derived from TensorFlow 2.21.0.

Written by ``tools/derive_names.py``, which says from what; not to be edited.
"""

RENAMED = """
tf.NoGradient=tf.no_gradient tf.NotDifferentiable=tf.no_gradient
tf.QUANTIZED_DTYPES=tf.dtypes.QUANTIZED_DTYPES tf.accumulate_n=tf.math.accumulate_n
tf.angle=tf.math.angle tf.assert_proper_iterable=tf.debugging.assert_proper_iterable
tf.assert_same_float_dtype=tf.debugging.assert_same_float_dtype
tf.batch_to_space_nd=tf.batch_to_space tf.betainc=tf.math.betainc tf.bincount=tf.math.bincount
tf.ceil=tf.math.ceil tf.check_numerics=tf.debugging.check_numerics tf.cholesky=tf.linalg.cholesky
tf.cholesky_solve=tf.linalg.cholesky_solve tf.conj=tf.math.conj tf.cross=tf.linalg.cross
tf.cumprod=tf.math.cumprod tf.debugging.is_finite=tf.math.is_finite
tf.debugging.is_inf=tf.math.is_inf tf.debugging.is_nan=tf.math.is_nan
tf.debugging.is_non_decreasing=tf.math.is_non_decreasing
tf.debugging.is_strictly_increasing=tf.math.is_strictly_increasing
tf.dequantize=tf.quantization.dequantize tf.diag=tf.linalg.tensor_diag
tf.diag_part=tf.linalg.tensor_diag_part tf.digamma=tf.math.digamma
tf.div_no_nan=tf.math.divide_no_nan tf.erf=tf.math.erf tf.erfc=tf.math.erfc tf.expm1=tf.math.expm1
tf.fake_quant_with_min_max_args=tf.quantization.fake_quant_with_min_max_args
tf.fake_quant_with_min_max_args_gradient=tf.quantization.fake_quant_with_min_max_args_gradient
tf.fake_quant_with_min_max_vars=tf.quantization.fake_quant_with_min_max_vars
tf.fake_quant_with_min_max_vars_gradient=tf.quantization.fake_quant_with_min_max_vars_gradient
tf.fake_quant_with_min_max_vars_per_channel=tf.quantization.fake_quant_with_min_max_vars_per_channel
tf.fake_quant_with_min_max_vars_per_channel_gradient=tf.quantization.fake_quant_with_min_max_vars_per_channel_gradient
tf.fft=tf.signal.fft tf.fft2d=tf.signal.fft2d tf.fft3d=tf.signal.fft3d tf.floor_div=tf.math.floordiv
tf.floordiv=tf.math.floordiv tf.floormod=tf.math.floormod tf.global_norm=tf.linalg.global_norm
tf.ifft=tf.signal.ifft tf.ifft2d=tf.signal.ifft2d tf.ifft3d=tf.signal.ifft3d
tf.igamma=tf.math.igamma tf.igammac=tf.math.igammac tf.imag=tf.math.imag
tf.image.resize_image_with_crop_or_pad=tf.image.resize_with_crop_or_pad
tf.image.transpose_image=tf.image.transpose tf.invert_permutation=tf.math.invert_permutation
tf.is_finite=tf.math.is_finite tf.is_inf=tf.math.is_inf tf.is_nan=tf.math.is_nan
tf.is_non_decreasing=tf.math.is_non_decreasing tf.is_numeric_tensor=tf.debugging.is_numeric_tensor
tf.is_strictly_increasing=tf.math.is_strictly_increasing tf.lbeta=tf.math.lbeta
tf.lgamma=tf.math.lgamma tf.lin_space=tf.linspace tf.linalg.transpose=tf.linalg.matrix_transpose
tf.log=tf.math.log tf.log1p=tf.math.log1p tf.log_sigmoid=tf.math.log_sigmoid
tf.logical_xor=tf.math.logical_xor tf.manip.batch_to_space_nd=tf.batch_to_space
tf.manip.reshape=tf.reshape tf.manip.reverse=tf.reverse tf.manip.roll=tf.roll
tf.manip.scatter_nd=tf.scatter_nd tf.manip.space_to_batch_nd=tf.space_to_batch_nd
tf.manip.tile=tf.tile tf.matrix_band_part=tf.linalg.band_part tf.matrix_determinant=tf.linalg.det
tf.matrix_diag=tf.linalg.diag tf.matrix_diag_part=tf.linalg.diag_part
tf.matrix_inverse=tf.linalg.inv tf.matrix_set_diag=tf.linalg.set_diag
tf.matrix_solve=tf.linalg.solve tf.matrix_solve_ls=tf.linalg.lstsq
tf.matrix_transpose=tf.linalg.matrix_transpose tf.matrix_triangular_solve=tf.linalg.triangular_solve
tf.mod=tf.math.floormod tf.nn.avg_pool_v2=tf.nn.avg_pool
tf.nn.ctc_beam_search_decoder_v2=tf.nn.ctc_beam_search_decoder
tf.nn.depthwise_conv2d_native_backprop_filter=tf.nn.depthwise_conv2d_backprop_filter
tf.nn.depthwise_conv2d_native_backprop_input=tf.nn.depthwise_conv2d_backprop_input
tf.nn.log_uniform_candidate_sampler=tf.random.log_uniform_candidate_sampler
tf.nn.max_pool_v2=tf.nn.max_pool tf.nn.uniform_candidate_sampler=tf.random.uniform_candidate_sampler
tf.polygamma=tf.math.polygamma tf.qr=tf.linalg.qr tf.quantize=tf.quantization.quantize
tf.quantized_concat=tf.quantization.quantized_concat tf.random_crop=tf.image.random_crop
tf.random_gamma=tf.random.gamma tf.random_normal=tf.random.normal
tf.random_shuffle=tf.random.shuffle tf.random_uniform=tf.random.uniform tf.real=tf.math.real
tf.reciprocal=tf.math.reciprocal tf.reverse_v2=tf.reverse tf.rint=tf.math.rint
tf.rsqrt=tf.math.rsqrt tf.segment_max=tf.math.segment_max tf.segment_mean=tf.math.segment_mean
tf.segment_min=tf.math.segment_min tf.segment_prod=tf.math.segment_prod
tf.segment_sum=tf.math.segment_sum tf.self_adjoint_eig=tf.linalg.eigh
tf.self_adjoint_eigvals=tf.linalg.eigvalsh tf.sets.set_difference=tf.sets.difference
tf.sets.set_intersection=tf.sets.intersection tf.sets.set_size=tf.sets.size
tf.sets.set_union=tf.sets.union tf.sparse.matmul=tf.sparse.sparse_dense_matmul
tf.sparse_fill_empty_rows=tf.sparse.fill_empty_rows tf.sparse_mask=tf.sparse.mask
tf.sparse_maximum=tf.sparse.maximum tf.sparse_minimum=tf.sparse.minimum
tf.sparse_reorder=tf.sparse.reorder tf.sparse_reset_shape=tf.sparse.reset_shape
tf.sparse_reshape=tf.sparse.reshape tf.sparse_retain=tf.sparse.retain
tf.sparse_slice=tf.sparse.slice tf.sparse_softmax=tf.sparse.softmax
tf.sparse_tensor_dense_matmul=tf.sparse.sparse_dense_matmul
tf.sparse_tensor_to_dense=tf.sparse.to_dense tf.sparse_to_indicator=tf.sparse.to_indicator
tf.sparse_transpose=tf.sparse.transpose tf.spectral.dct=tf.signal.dct tf.spectral.fft=tf.signal.fft
tf.spectral.fft2d=tf.signal.fft2d tf.spectral.fft3d=tf.signal.fft3d tf.spectral.idct=tf.signal.idct
tf.spectral.ifft=tf.signal.ifft tf.spectral.ifft2d=tf.signal.ifft2d
tf.spectral.ifft3d=tf.signal.ifft3d tf.spectral.irfft=tf.signal.irfft
tf.spectral.irfft2d=tf.signal.irfft2d tf.spectral.irfft3d=tf.signal.irfft3d
tf.spectral.rfft=tf.signal.rfft tf.spectral.rfft2d=tf.signal.rfft2d
tf.spectral.rfft3d=tf.signal.rfft3d tf.squared_difference=tf.math.squared_difference
tf.svd=tf.linalg.svd tf.tensor_scatter_add=tf.tensor_scatter_nd_add
tf.tensor_scatter_sub=tf.tensor_scatter_nd_sub tf.tensor_scatter_update=tf.tensor_scatter_nd_update
tf.trace=tf.linalg.trace tf.truncated_normal=tf.random.truncated_normal
tf.unsorted_segment_max=tf.math.unsorted_segment_max
tf.unsorted_segment_mean=tf.math.unsorted_segment_mean
tf.unsorted_segment_min=tf.math.unsorted_segment_min
tf.unsorted_segment_prod=tf.math.unsorted_segment_prod
tf.unsorted_segment_sqrt_n=tf.math.unsorted_segment_sqrt_n
tf.unsorted_segment_sum=tf.math.unsorted_segment_sum tf.where_v2=tf.where tf.zeta=tf.math.zeta
"""
"""Gone names, and the name under which any call of them works as it is."""

REORDERED = """
tf.arg_max(input, axis, output_type, name) | tf.argmax({input}, axis={axis},
    output_type={output_type}, name={name}) | dimension=axis
tf.arg_min(input, axis, output_type, name) | tf.argmin({input}, axis={axis},
    output_type={output_type}, name={name}) | dimension=axis
tf.confusion_matrix(labels, predictions, num_classes, dtype, name, weights) |
    tf.math.confusion_matrix({labels}, {predictions}, num_classes={num_classes}, weights={weights},
    dtype={dtype}, name={name}) |
tf.count_nonzero(input, axis, keepdims, dtype, name) | tf.math.count_nonzero({input}, axis={axis},
    keepdims={keepdims}, dtype={dtype}, name={name}) | input_tensor=input keep_dims=keepdims
    reduction_indices=axis
tf.depth_to_space(input, block_size, name, data_format) | tf.nn.depth_to_space({input},
    {block_size}, data_format={data_format}, name={name}) |
tf.extract_image_patches(images, sizes, strides, rates, padding, name) |
    tf.image.extract_patches({images}, {sizes}, {strides}, {rates}, {padding}, name={name}) |
    ksizes=sizes
tf.image.extract_image_patches(images, sizes, strides, rates, padding, name) |
    tf.image.extract_patches({images}, {sizes}, {strides}, {rates}, {padding}, name={name}) |
    ksizes=sizes
tf.image.resize_images(images, size, method, align_corners, preserve_aspect_ratio, name) |
    tf.image.resize({images}, {size}, method={method},
    preserve_aspect_ratio={preserve_aspect_ratio}, name={name}) |
tf.load_file_system_library(library_location) | tf.load_library({library_location}) |
    library_filename=library_location
tf.manip.gather_nd(params, indices, name, batch_dims, bad_indices_policy) | tf.gather_nd({params},
    {indices}, batch_dims={batch_dims}, name={name}, bad_indices_policy={bad_indices_policy}) |
tf.multinomial(logits, num_samples, seed, name, dtype) | tf.random.categorical({logits},
    {num_samples}, dtype={dtype}, seed={seed}, name={name}) | output_dtype=dtype
tf.nn.conv2d_backprop_input(output_shape, filters, input, strides, padding, use_cudnn_on_gpu,
    data_format, dilations, name) | tf.nn.conv2d_transpose({input}, {filters}, {output_shape},
    {strides}, padding={padding}, data_format={data_format}, dilations={dilations}, name={name}) |
    filter=filters input_sizes=output_shape out_backprop=input
tf.nn.softmax_cross_entropy_with_logits_v2(labels, logits, axis, name) |
    tf.nn.softmax_cross_entropy_with_logits({labels}, {logits}, axis={axis}, name={name}) | dim=axis
tf.quantize_v2(input, min_range, max_range, T, mode, name, round_mode, narrow_range, axis,
    ensure_minimum_range) | tf.quantization.quantize({input}, {min_range}, {max_range}, {T},
    mode={mode}, round_mode={round_mode}, name={name}, narrow_range={narrow_range}, axis={axis},
    ensure_minimum_range={ensure_minimum_range}) |
tf.random.multinomial(logits, num_samples, seed, name, dtype) | tf.random.categorical({logits},
    {num_samples}, dtype={dtype}, seed={seed}, name={name}) | output_dtype=dtype
tf.random.stateless_multinomial(logits, num_samples, seed, dtype, name) |
    tf.random.stateless_categorical({logits}, {num_samples}, {seed}, dtype={dtype}, name={name}) |
    output_dtype=dtype
tf.random_poisson(lam, shape, dtype, seed, name) | tf.random.poisson({shape}, {lam}, dtype={dtype},
    seed={seed}, name={name}) |
tf.space_to_depth(input, block_size, name, data_format) | tf.nn.space_to_depth({input},
    {block_size}, data_format={data_format}, name={name}) |
tf.sparse_add(a, b, threshold) | tf.sparse.add({a}, {b}, threshold={threshold}) | thresh=threshold
tf.sparse_concat(axis, sp_inputs, name, expand_nonconcat_dims) | tf.sparse.concat({axis},
    {sp_inputs}, expand_nonconcat_dims={expand_nonconcat_dims}, name={name}) | concat_dim=axis
    expand_nonconcat_dim=expand_nonconcat_dims
tf.sparse_matmul(a, b, transpose_a, transpose_b, a_is_sparse, b_is_sparse, name) |
    tf.linalg.matmul({a}, {b}, transpose_a={transpose_a}, transpose_b={transpose_b},
    a_is_sparse={a_is_sparse}, b_is_sparse={b_is_sparse}, name={name}) |
tf.sparse_reduce_max(sp_input, axis, keepdims) | tf.sparse.reduce_max({sp_input}, axis={axis},
    keepdims={keepdims}) | keep_dims=keepdims reduction_axes=axis
tf.sparse_reduce_sum(sp_input, axis, keepdims) | tf.sparse.reduce_sum({sp_input}, axis={axis},
    keepdims={keepdims}) | keep_dims=keepdims reduction_axes=axis
tf.sparse_segment_mean(data, indices, segment_ids, name, num_segments, sparse_gradient) |
    tf.sparse.segment_mean({data}, {indices}, {segment_ids}, num_segments={num_segments},
    name={name}, sparse_gradient={sparse_gradient}) |
tf.sparse_segment_sqrt_n(data, indices, segment_ids, name, num_segments, sparse_gradient) |
    tf.sparse.segment_sqrt_n({data}, {indices}, {segment_ids}, num_segments={num_segments},
    name={name}, sparse_gradient={sparse_gradient}) |
tf.sparse_segment_sum(data, indices, segment_ids, name, num_segments, sparse_gradient) |
    tf.sparse.segment_sum({data}, {indices}, {segment_ids}, num_segments={num_segments},
    name={name}, sparse_gradient={sparse_gradient}) |
tf.sparse_split(keyword_required, sp_input, num_split, axis, name) |
    tf.sparse.split(sp_input={sp_input}, num_split={num_split}, axis={axis}, name={name}) |
    split_dim=axis
tf.verify_tensor_all_finite(x, message, name) | tf.debugging.assert_all_finite({x}, {message},
    name={name}) | msg=message t=x
"""
"""Gone names whose parameters changed: old signature, new call, other keywords."""

ONLY_V1 = """
tf.AUTO_REUSE tf.AttrValue tf.ConditionalAccumulator tf.ConditionalAccumulatorBase tf.ConfigProto
tf.Dimension tf.Event tf.FixedLengthRecordReader tf.GPUOptions tf.GraphDef tf.GraphKeys
tf.GraphOptions tf.HistogramProto tf.IdentityReader tf.InteractiveSession tf.LMDBReader
tf.LogMessage tf.MetaGraphDef tf.NameAttrList tf.NodeDef tf.OptimizerOptions tf.Print tf.ReaderBase
tf.RunMetadata tf.RunOptions tf.Session tf.SessionLog tf.SparseConditionalAccumulator
tf.SparseTensorValue tf.Summary tf.SummaryMetadata tf.TFRecordReader tf.TensorInfo tf.TextLineReader
tf.VariableScope tf.WholeFileReader tf.add_check_numerics_ops tf.add_to_collection
tf.add_to_collections tf.all_variables tf.assert_greater_equal tf.assert_integer
tf.assert_less_equal tf.assert_near tf.assert_negative tf.assert_non_negative tf.assert_non_positive
tf.assert_none_equal tf.assert_positive tf.assert_rank_at_least tf.assert_rank_in tf.assert_scalar
tf.assert_type tf.assert_variables_initialized tf.assign tf.assign_add tf.assign_sub tf.batch_gather
tf.batch_scatter_update tf.clip_by_average_norm tf.colocate_with tf.container
tf.control_flow_v2_enabled tf.convert_to_tensor_or_indexed_slices
tf.convert_to_tensor_or_sparse_tensor tf.count_up_to tf.create_partitioned_variables
tf.delete_session_tensor tf.disable_control_flow_v2 tf.disable_eager_execution
tf.disable_resource_variables tf.disable_tensor_equality tf.disable_v2_behavior
tf.disable_v2_tensorshape tf.div tf.enable_control_flow_v2 tf.enable_eager_execution
tf.enable_resource_variables tf.enable_tensor_equality tf.enable_v2_behavior
tf.enable_v2_tensorshape tf.executing_eagerly_outside_functions tf.fixed_size_partitioner
tf.get_collection tf.get_collection_ref tf.get_default_graph tf.get_default_session
tf.get_local_variable tf.get_seed tf.get_session_handle tf.get_session_tensor tf.get_variable
tf.get_variable_scope tf.global_variables tf.global_variables_initializer
tf.glorot_normal_initializer tf.glorot_uniform_initializer tf.image.resize_area
tf.image.resize_bicubic tf.image.resize_bilinear tf.image.resize_image_with_pad
tf.image.resize_nearest_neighbor tf.initialize_all_tables tf.initialize_all_variables
tf.initialize_local_variables tf.initialize_variables tf.is_variable_initialized tf.local_variables
tf.local_variables_initializer tf.losses.absolute_difference tf.losses.add_loss
tf.losses.compute_weighted_loss tf.losses.cosine_distance tf.losses.get_losses
tf.losses.get_regularization_loss tf.losses.get_regularization_losses tf.losses.get_total_loss
tf.losses.hinge_loss tf.losses.huber_loss tf.losses.log_loss tf.losses.mean_pairwise_squared_error
tf.losses.mean_squared_error tf.losses.sigmoid_cross_entropy tf.losses.softmax_cross_entropy
tf.losses.sparse_softmax_cross_entropy tf.make_template tf.metrics.accuracy tf.metrics.auc
tf.metrics.average_precision_at_k tf.metrics.false_negatives
tf.metrics.false_negatives_at_thresholds tf.metrics.false_positives
tf.metrics.false_positives_at_thresholds tf.metrics.mean tf.metrics.mean_absolute_error
tf.metrics.mean_cosine_distance tf.metrics.mean_iou tf.metrics.mean_per_class_accuracy
tf.metrics.mean_relative_error tf.metrics.mean_squared_error tf.metrics.mean_tensor
tf.metrics.percentage_below tf.metrics.precision tf.metrics.precision_at_k
tf.metrics.precision_at_thresholds tf.metrics.precision_at_top_k tf.metrics.recall
tf.metrics.recall_at_k tf.metrics.recall_at_thresholds tf.metrics.recall_at_top_k
tf.metrics.root_mean_squared_error tf.metrics.sensitivity_at_specificity
tf.metrics.sparse_average_precision_at_k tf.metrics.sparse_precision_at_k
tf.metrics.specificity_at_sensitivity tf.metrics.true_negatives
tf.metrics.true_negatives_at_thresholds tf.metrics.true_positives
tf.metrics.true_positives_at_thresholds tf.min_max_variable_partitioner tf.model_variables
tf.moving_average_variables tf.nn.bidirectional_dynamic_rnn tf.nn.conv2d_backprop_filter
tf.nn.conv3d_backprop_filter tf.nn.conv3d_backprop_filter_v2 tf.nn.ctc_loss_v2
tf.nn.depthwise_conv2d_native tf.nn.dynamic_rnn tf.nn.fused_batch_norm tf.nn.quantized_avg_pool
tf.nn.quantized_conv2d tf.nn.quantized_max_pool tf.nn.quantized_relu_x tf.nn.raw_rnn
tf.nn.relu_layer tf.nn.static_bidirectional_rnn tf.nn.static_rnn tf.nn.static_state_saving_rnn
tf.nn.xw_plus_b tf.no_regularizer tf.op_scope tf.orthogonal_initializer tf.placeholder
tf.placeholder_with_default tf.py_func tf.random.get_seed tf.random.set_random_seed
tf.report_uninitialized_variables tf.reset_default_graph tf.resource_variables_enabled
tf.scatter_add tf.scatter_div tf.scatter_max tf.scatter_min tf.scatter_mul tf.scatter_nd_add
tf.scatter_nd_sub tf.scatter_nd_update tf.scatter_sub tf.scatter_update tf.set_random_seed
tf.setdiff1d tf.sparse.SparseConditionalAccumulator tf.sparse.merge tf.sparse.placeholder
tf.sparse.reduce_max_sparse tf.sparse.reduce_sum_sparse tf.sparse_merge tf.sparse_placeholder
tf.sparse_reduce_max_sparse tf.sparse_reduce_sum_sparse tf.sparse_to_dense tf.string_split
tf.tables_initializer tf.to_bfloat16 tf.to_complex128 tf.to_complex64 tf.to_double tf.to_float
tf.to_int32 tf.to_int64 tf.trainable_variables tf.truncated_normal_initializer
tf.uniform_unit_scaling_initializer tf.variable_axis_size_partitioner tf.variable_op_scope
tf.variable_scope tf.variables_initializer tf.variance_scaling_initializer tf.wrap_function
"""
"""Names that ``tf.compat.v1`` alone still has."""

KEYWORDS = """
tf.argmax:dimension=axis tf.argmin:dimension=axis tf.batch_to_space:block_size=block_shape
tf.cond:fn1=true_fn tf.cond:fn2=false_fn tf.convert_to_tensor:preferred_dtype=dtype_hint
tf.debugging.assert_all_finite:msg=message tf.debugging.assert_all_finite:t=x
tf.expand_dims:dim=axis tf.image.crop_and_resize:box_ind=box_indices
tf.linalg.norm:keep_dims=keepdims tf.math.argmax:dimension=axis tf.math.argmin:dimension=axis
tf.math.count_nonzero:input_tensor=input tf.math.count_nonzero:keep_dims=keepdims
tf.math.count_nonzero:reduction_indices=axis tf.math.log_softmax:dim=axis
tf.math.reduce_all:keep_dims=keepdims tf.math.reduce_all:reduction_indices=axis
tf.math.reduce_any:keep_dims=keepdims tf.math.reduce_any:reduction_indices=axis
tf.math.reduce_logsumexp:keep_dims=keepdims tf.math.reduce_logsumexp:reduction_indices=axis
tf.math.reduce_max:keep_dims=keepdims tf.math.reduce_max:reduction_indices=axis
tf.math.reduce_mean:keep_dims=keepdims tf.math.reduce_mean:reduction_indices=axis
tf.math.reduce_min:keep_dims=keepdims tf.math.reduce_min:reduction_indices=axis
tf.math.reduce_prod:keep_dims=keepdims tf.math.reduce_prod:reduction_indices=axis
tf.math.reduce_sum:keep_dims=keepdims tf.math.reduce_sum:reduction_indices=axis
tf.math.softmax:dim=axis tf.nn.avg_pool:value=input tf.nn.avg_pool2d:value=input
tf.nn.batch_norm_with_global_normalization:m=mean tf.nn.batch_norm_with_global_normalization:t=input
tf.nn.batch_norm_with_global_normalization:v=variance tf.nn.conv1d:value=input
tf.nn.conv2d:filter=filters tf.nn.conv2d_transpose:filter=filters tf.nn.conv2d_transpose:value=input
tf.nn.conv3d:filter=filters tf.nn.conv3d_transpose:filter=filters tf.nn.conv3d_transpose:value=input
tf.nn.convolution:dilation_rate=dilations tf.nn.convolution:filter=filters
tf.nn.depthwise_conv2d:rate=dilations tf.nn.dilation2d:filter=filters
tf.nn.dilation2d:rates=dilations tf.nn.erosion2d:kernel=filters tf.nn.erosion2d:rates=dilations
tf.nn.log_softmax:dim=axis tf.nn.max_pool:value=input
tf.nn.max_pool_with_argmax:Targmax=output_dtype tf.nn.moments:keep_dims=keepdims
tf.nn.pool:dilation_rate=dilations tf.nn.separable_conv2d:rate=dilations tf.nn.softmax:dim=axis
tf.nn.softmax_cross_entropy_with_logits:dim=axis tf.nn.space_to_batch:block_size=block_shape
tf.nn.sufficient_statistics:keep_dims=keepdims
tf.nn.weighted_cross_entropy_with_logits:targets=labels tf.nn.weighted_moments:keep_dims=keepdims
tf.norm:keep_dims=keepdims tf.ones_like:tensor=input tf.reduce_all:keep_dims=keepdims
tf.reduce_all:reduction_indices=axis tf.reduce_any:keep_dims=keepdims
tf.reduce_any:reduction_indices=axis tf.reduce_logsumexp:keep_dims=keepdims
tf.reduce_logsumexp:reduction_indices=axis tf.reduce_max:keep_dims=keepdims
tf.reduce_max:reduction_indices=axis tf.reduce_mean:keep_dims=keepdims
tf.reduce_mean:reduction_indices=axis tf.reduce_min:keep_dims=keepdims
tf.reduce_min:reduction_indices=axis tf.reduce_prod:keep_dims=keepdims
tf.reduce_prod:reduction_indices=axis tf.reduce_sum:keep_dims=keepdims
tf.reduce_sum:reduction_indices=axis tf.reverse_sequence:batch_dim=batch_axis
tf.reverse_sequence:seq_dim=seq_axis tf.space_to_batch:block_size=block_shape
tf.sparse.add:thresh=threshold tf.sparse.concat:concat_dim=axis
tf.sparse.concat:expand_nonconcat_dim=expand_nonconcat_dims tf.sparse.reduce_max:keep_dims=keepdims
tf.sparse.reduce_max:reduction_axes=axis tf.sparse.reduce_sum:keep_dims=keepdims
tf.sparse.reduce_sum:reduction_axes=axis tf.sparse.split:split_dim=axis tf.squeeze:squeeze_dims=axis
tf.zeros_like:tensor=input
"""
"""Functions that still exist, with the old and the new name of a keyword."""
