"""The networks of the CN-Celeb pipeline of 2019: read without MXNet, rebuilt as ONNX."""
