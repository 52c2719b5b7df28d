(journey body: (_) @class.inside) @class.around
(message body: (_) @function.inside) @function.around
(offer body: (_) @function.inside) @function.around
(test body: (_) @test.inside) @test.around
[(comment) (doc_comment)] @comment.inside
(parameter) @parameter.inside
(argument) @parameter.inside
